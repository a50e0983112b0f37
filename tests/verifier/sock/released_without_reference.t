type     sched_cls
prog     r1 = *(u64 *)(r1 +168)
         if r1 == 0 goto out
         call bpf_sk_release
    out: r0 = 0; exit
verdict  reject EINVAL
log      R1 must be referenced when passed to release function
