type     xdp
license  GPL
map      m ringbuf key=0 value=0 entries=4096
prog     *(u64 *)(r10 -24) = 5
         r1 = map m; r2 = 4000; r3 = 0; r4 = r10; r4 += -16
         call bpf_ringbuf_reserve_dynptr
         r6 = r0
         r1 = r10; r1 += -16; r2 = 3992; r3 = r10; r3 += -24; r4 = 8; r5 = 0
         call bpf_dynptr_write
         r6 += r0
         r1 = r10; r1 += -16; r2 = 0
         call bpf_ringbuf_submit_dynptr
         r1 = map m; r2 = 200; r3 = 0; r4 = r10; r4 += -16
         call bpf_ringbuf_reserve_dynptr
         r6 += r0
         r1 = r10; r1 += -16; r2 = 0
         call bpf_ringbuf_discard_dynptr
         r1 = map m; r2 = 0
         call bpf_ringbuf_query
         r0 += r6
         exit
verdict  accept
run      data=00*64 return=3986
