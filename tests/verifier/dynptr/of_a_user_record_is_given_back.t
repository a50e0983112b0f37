type     raw_tracepoint
map      m user_ringbuf entries=4096
prog     r1 = map m; r2 = func body; r3 = 0; r4 = 0
         call bpf_user_ringbuf_drain
         r0 = 0; exit
   body: r2 = 0
         call bpf_ringbuf_submit_dynptr
         r0 = 0; exit
verdict  reject EINVAL
log      cannot release unowned const bpf_dynptr
