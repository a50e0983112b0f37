type     xdp
map      rb ringbuf key=0 value=0 entries=4096
prog     r1 = map rb; r2 = 8; r3 = 0; call bpf_ringbuf_reserve
         if r0 == 0 goto out
         *(u64 *)(r10 -8) = r0; r1 = r0; r2 = 0; call bpf_ringbuf_submit
         r1 = *(u64 *)(r10 -8); *(u64 *)(r1 +0) = 1
    out: r0 = 0; exit
verdict  reject EACCES
