type     socket_filter
prog     *(u64 *)(r10 -8) = 0
         r1 = 10; r2 = func body; r3 = r10; r3 += -8; r4 = 0
         call bpf_loop
         r0 = *(u64 *)(r10 -8); exit
   body: r3 = *(u64 *)(r2 +0); r3 += r1; *(u64 *)(r2 +0) = r3
         r0 = 0; exit
verdict  accept
run      data=00*20 return=45
