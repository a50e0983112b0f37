type     socket_filter
map      r ringbuf entries=4096
prog     r1 = map r; r2 = 16; r3 = 0
         call bpf_ringbuf_reserve
         if r0 == 0 goto out
         r1 = r0; r1 += 8; r2 = 0
         call bpf_ringbuf_submit
    out: r0 = 0; exit
verdict  reject EINVAL
log      R1 must have zero offset when passed to release func or trusted arg to kfunc
