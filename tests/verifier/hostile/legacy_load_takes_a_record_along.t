type     socket_filter
map      rb ringbuf key=0 value=0 entries=4096
prog     r6 = r1
         r1 = map rb; r2 = 8; r3 = 0; call bpf_ringbuf_reserve
         if r0 == 0 goto out
         r7 = r0; r0 = *(u8 *)skb[9]
         r1 = r7; r2 = 0; call bpf_ringbuf_discard
    out: r0 = 0; exit
verdict  reject EINVAL
log      would lead to reference leak
