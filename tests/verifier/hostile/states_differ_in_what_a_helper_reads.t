# The key that cannot fail is that of the first way only.
type     xdp
license  GPL
map      m array key=4 value=16 entries=1
prog     r6 = *(u32 *)(r1 +12)
         *(u32 *)(r10 -8) = 7
         if r6 > 5 goto meet
         *(u32 *)(r10 -8) = 0
   meet: r0 = 0; r1 = 0; r2 = 0; r3 = 0; r4 = 0; r5 = 0; r0 = 0; r0 = 0
         goto a
      a: goto b
      b: r2 = r10; r2 += -8; r1 = map m
         call bpf_map_lookup_elem
         r0 = *(u8 *)(r0 +0)
         r0 = 2; exit
verdict  reject EACCES
log      R0 invalid mem access 'map_value_or_null'
