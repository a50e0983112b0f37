type     xdp
license  GPL
map      m ringbuf key=0 value=0 entries=4096
prog     r1 = map m; r2 = 64; r3 = 0; r4 = r10; r4 += -16
         call bpf_ringbuf_reserve_dynptr
         r1 = r10; r1 += -16; r2 = 0; r3 = 8
         call bpf_dynptr_data
         r6 = r0
         r1 = r10; r1 += -16; r2 = 0
         if r6 == 0 goto out
         call bpf_ringbuf_submit_dynptr
         r0 = *(u64 *)(r6 +0)
         exit
    out: call bpf_ringbuf_submit_dynptr
         r0 = 0; exit
verdict  reject EACCES
log      R6 invalid mem access 'scalar'
