type     cgroup_sock_addr
attach   8
prog     r1 = *(u64 *)(r1 +64)
         *(u32 *)(r1 +0) = 1
         r0 = 1; exit
verdict  reject EACCES
log      R1 cannot write into sock
