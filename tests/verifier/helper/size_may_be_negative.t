type     socket_filter
prog     r6 = r1
         r4 = *(u32 *)(r1 +0); r4 <<= 32; r4 s>>= 32
         if r4 s> 8 goto out
         r1 = r6; r2 = 0; r3 = r10; r3 += -8
         call bpf_skb_load_bytes
    out: r0 = 0; exit
verdict  reject EACCES
log      R4 min value is negative, either use unsigned or 'var &= const'
