type     sched_cls
prog     *(u64 *)(r10 -8) = 0; *(u64 *)(r10 -16) = 0
         r2 = r10; r2 += -16; r3 = 12; r4 = 0; r5 = 0
         call bpf_sk_lookup_udp
         r0 = 0; exit
verdict  reject EINVAL
log      Unreleased reference id=2 alloc_insn=7
log      BPF_EXIT instruction in main prog would lead to reference leak
