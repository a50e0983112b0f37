type     socket_filter
map      r ringbuf entries=4096
prog     r1 = map r; r2 = 8; r3 = 0
         call bpf_ringbuf_reserve
         if r0 == 0 goto out
         *(u64 *)(r0 +0) = 7
         r1 = r0; r2 = 0
         call bpf_ringbuf_submit
    out: r0 = 0; exit
verdict  accept
run      data=00*20 return=0
