type     sched_cls
prog     r6 = r1; *(u64 *)(r10 - 16) = 0; *(u64 *)(r10 - 8) = 0
         r2 = r10; r2 += -16; r3 = 12; r4 = 0; r5 = 0; call bpf_sk_lookup_udp
         if r0 == 0 goto out
         r7 = r0; r1 = 0; call bpf_throw
    out: r0 = 0; exit
verdict  reject EINVAL
log      bpf_throw would lead to reference leak
