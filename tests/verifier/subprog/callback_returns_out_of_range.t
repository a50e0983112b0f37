type     socket_filter
prog     *(u64 *)(r10 -8) = 0
         r1 = 10; r2 = func body; r3 = 0; r4 = 0
         call bpf_loop
         r0 = 0; exit
   body: r0 = 2; exit
verdict  reject EINVAL
log      At callback return the register R0 has smin=2 smax=2 should have been in [0, 1]
