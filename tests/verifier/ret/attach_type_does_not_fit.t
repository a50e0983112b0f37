type     cgroup_sock_addr
attach   12
prog     r0 = 1; exit
verdict  reject EINVAL
