type     cgroup_sock_addr
attach   8
prog     r1 = *(u64 *)(r1 +64)
         r1 += 4
         r0 = 1; exit
verdict  reject EACCES
log      R1 pointer arithmetic on sock prohibited
