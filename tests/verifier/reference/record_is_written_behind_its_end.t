type     socket_filter
map      r ringbuf entries=4096
prog     r1 = map r; r2 = 8; r3 = 0
         call bpf_ringbuf_reserve
         if r0 == 0 goto out
         *(u64 *)(r0 +8) = 7
         r1 = r0; r2 = 0
         call bpf_ringbuf_discard
    out: r0 = 0; exit
verdict  reject EACCES
log      invalid access to memory, mem_size=8 off=8 size=8
