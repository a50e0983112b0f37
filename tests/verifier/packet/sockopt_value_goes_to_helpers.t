type     cgroup_sockopt
attach   21
prog     r2 = *(u64 *)(r1 +8)
         r3 = *(u64 *)(r1 +16)
         r4 = r2; r4 += 8
         if r4 > r3 goto out
         *(u8 *)(r2 +0) = 0
         r1 = r2; r2 = 8
         call bpf_trace_printk
    out: r0 = 1; exit
verdict  accept
