type     xdp
license  GPL
map      m hash key=4 value=48 entries=4 lock=0
prog     r6 = *(u32 *)(r1 +12); *(u32 *)(r10 -4) = 1
         r2 = r10; r2 += -4; r1 = map m
         call bpf_map_lookup_elem
         if r0 == 0 goto out
         r7 = r0
         if r6 > 5 goto lock
   meet: r0 = 0; r1 = 0; r2 = 0; r3 = 0; r4 = 0; r5 = 0; r0 = 0; r0 = 0
         goto a
      a: goto b
      b: r0 = 2; exit
   lock: r1 = r7; call bpf_spin_lock
         goto meet
    out: r0 = 2; exit
verdict  reject EINVAL
log      inside bpf_spin_lock-ed region
