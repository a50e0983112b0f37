type     xdp
license  GPL
map      m array key=4 value=16 entries=1
prog     r6 = *(u32 *)(r1 +12); *(u32 *)(r10 -4) = 1
         r2 = r10; r2 += -4
         if r6 > 5 goto bad
   meet: r0 = 0; r1 = 0; r3 = 0; r3 = 0; r4 = 0; r5 = 0; r0 = 0; r0 = 0
         goto a
      a: goto b
      b: r1 = map m
         call bpf_map_lookup_elem
         r0 = 2; exit
    bad: r2 = 0; goto meet
verdict  reject EACCES
log      R2 type=scalar expected=fp
