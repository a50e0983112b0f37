type     sk_lookup
attach   36
prog     r2 = *(u64 *)(r1 +0)
         r3 = 0
         call bpf_sk_assign
         r0 = 1; exit
verdict  accept
