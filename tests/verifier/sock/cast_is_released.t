type     sched_cls
prog     *(u64 *)(r10 -8) = 0; *(u64 *)(r10 -16) = 0
         r2 = r10; r2 += -16; r3 = 12; r4 = 0; r5 = 0
         call bpf_skc_lookup_tcp
         if r0 == 0 goto out
         r6 = r0
         r1 = r0
         call bpf_tcp_sock
         if r0 == 0 goto none
         r1 = r0
         r7 = *(u32 *)(r0 +100)
         call bpf_sk_release
    out: r0 = 0; exit
   none: r1 = r6
         call bpf_sk_release
         r0 = 0; exit
verdict  accept
log exact
