type     socket_filter
prog     call bpf_get_prandom_u32
         *(u64 *)(r10 -8) = 0
         if r0 == 1 goto big
   meet: r0 = 0; r1 = 0; r2 = 0; r3 = 0; r4 = 0; r5 = 0; r7 = 0; r8 = 0
         goto a
      a: goto b
      b: r0 = 0; r1 = 0; r2 = 0; r3 = 0; r4 = 0; r5 = 0; r7 = 0; r8 = 0
         goto c
      c: r0 = 0; *(u64 *)(r10 -8) = r0
         r0 = *(u64 *)(r10 -8); exit
    big: *(u64 *)(r10 -8) = r10; goto meet
verdict  accept
