type     raw_tracepoint
map      m user_ringbuf entries=4096
prog     r1 = map m; r2 = func body; r3 = 0; r4 = 0
         call bpf_user_ringbuf_drain
         r0 = 0; exit
   body: r0 = 2; exit
verdict  reject EINVAL
log      At callback return the register R0 has smin=2 smax=2 should have been in [0, 1]
