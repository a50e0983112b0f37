type     xdp
license  GPL
map      m ringbuf key=0 value=0 entries=4096
prog     r1 = map m; r2 = 64; r3 = 0; r4 = r10; r4 += -16
         call bpf_ringbuf_reserve_dynptr
         r1 = r10; r1 += -16; r2 = 8; r3 = 4
         call bpf_dynptr_data
         if r0 == 0 goto out
         *(u32 *)(r0 +0) = 7
    out: r1 = r10; r1 += -16; r2 = 0
         call bpf_ringbuf_submit_dynptr
         r0 = 0; exit
verdict  accept
log exact
