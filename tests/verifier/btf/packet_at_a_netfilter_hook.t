type     32
attach   45
license  GPL
prog     r6 = *(u64 *)(r1 + 8); r7 = *(u64 *)(r1 + 0)
         r0 = *(u8 *)(r7 + 1)
         r1 = r6; r2 = 0; r3 = r10; r3 += -16; call bpf_dynptr_from_skb
         if r0 != 0 goto out
         r1 = r10; r1 += -16; r2 = 0; r3 = 0; r4 = 20; call bpf_dynptr_slice
    out: r0 = 1; exit
verdict  accept
