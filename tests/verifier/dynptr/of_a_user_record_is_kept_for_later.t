# It is gone when its callback has returned: what was put aside is a number only.
type     raw_tracepoint
map      m user_ringbuf entries=4096
prog     r1 = map m; r2 = func body; r3 = r10; r3 += -8; *(u64 *)(r10 -8) = 0; r4 = 0
         call bpf_user_ringbuf_drain
         r1 = *(u64 *)(r10 -8); r2 = 0; r3 = 8
         call bpf_dynptr_data
         r0 = 0; exit
   body: *(u64 *)(r2 +0) = r1; r0 = 0; exit
verdict  reject EACCES
log      R1 type=scalar expected=fp, dynptr_ptr
