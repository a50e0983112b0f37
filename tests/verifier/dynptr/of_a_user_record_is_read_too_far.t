type     raw_tracepoint
map      m user_ringbuf entries=4096
prog     r1 = map m; r2 = func body; r3 = 0; r4 = 0
         call bpf_user_ringbuf_drain
         r0 = 0; exit
   body: r2 = 0; r3 = 8
         call bpf_dynptr_data
         if r0 == 0 goto none
         r1 = *(u64 *)(r0 +8)
   none: r0 = 0; exit
verdict  reject EACCES
log      invalid access to memory, mem_size=8 off=8 size=8
