type     socket_filter
map      m array key=4 value=8 entries=1
prog     *(u64 *)(r10 -8) = 0
         r1 = map m; r2 = r10; r2 += -8; r3 = 8; r4 = 0
         call bpf_ringbuf_output; r0 = 0; exit
verdict  reject EINVAL
log      cannot pass map_type 2 into func bpf_ringbuf_output#130
