type     raw_tracepoint
map      m ringbuf entries=4096
prog     r1 = map m; r2 = func body; r3 = 0; r4 = 0
         call bpf_user_ringbuf_drain
         r0 = 0; exit
   body: r0 = 0; exit
verdict  reject EINVAL
log      cannot pass map_type 27 into func bpf_user_ringbuf_drain#209
