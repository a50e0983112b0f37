type     sched_cls
prog     r1 = *(u64 *)(r1 + 168)
         if r1 == 0 goto out
         call bpf_skc_to_tcp_sock
         if r0 == 0 goto out
         r0 = *(u64 *)(r0 + 0)
    out: r0 = 0; exit
license  GPL
verdict  accept
log exact
