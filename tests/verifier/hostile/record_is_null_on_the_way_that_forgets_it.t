type     xdp
map      rb ringbuf key=0 value=0 entries=4096
prog     r1 = map rb; r2 = 8; r3 = 0; call bpf_ringbuf_reserve
         r6 = r0; r0 += 0
         if r6 == 0 goto out
         r1 = r6; r2 = 0; call bpf_ringbuf_discard
    out: r0 = 0; exit
verdict  reject EACCES
