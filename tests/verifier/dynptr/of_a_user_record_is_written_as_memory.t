type     raw_tracepoint
map      m user_ringbuf entries=4096
prog     r1 = map m; r2 = func body; r3 = 0; r4 = 0
         call bpf_user_ringbuf_drain
         r0 = 0; exit
   body: *(u64 *)(r1 +0) = 0; r0 = 0; exit
verdict  reject EACCES
log      R1 invalid mem access 'dynptr_ptr'
