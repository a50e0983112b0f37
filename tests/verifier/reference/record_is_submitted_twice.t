type     socket_filter
map      r ringbuf entries=4096
prog     r1 = map r; r2 = 8; r3 = 0
         call bpf_ringbuf_reserve
         if r0 == 0 goto out
         r6 = r0; r1 = r0; r2 = 0
         call bpf_ringbuf_submit
         r1 = r6; r2 = 0
         call bpf_ringbuf_submit
    out: r0 = 0; exit
verdict  reject EACCES
log      R1 type=scalar expected=ringbuf_mem
