type     cgroup_sock_addr
attach   8
prog     r1 = *(u64 *)(r1 +64)
         r2 = 1
         lock *(u32 *)(r1 +0) += r2
         r0 = 1; exit
verdict  reject EACCES
log      BPF_ATOMIC stores into R1 sock is not allowed
