type     raw_tracepoint
map      m user_ringbuf entries=4096
prog     r1 = map m; r2 = func body; r3 = r10; r3 += -8; *(u64 *)(r10 -8) = 0; r4 = 0
         call bpf_user_ringbuf_drain
         r0 = *(u64 *)(r10 -8); exit
   body: r6 = r2; r2 = 0; r3 = 8
         call bpf_dynptr_data
         if r0 == 0 goto none
         r1 = *(u64 *)(r0 +0); *(u64 *)(r6 +0) = r1
   none: r0 = 0; exit
verdict  accept
