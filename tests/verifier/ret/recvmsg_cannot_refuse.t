type     cgroup_sock_addr
attach   19
prog     r0 = 0; exit
verdict  reject EINVAL
log      At program exit the register R0 has smin=0 smax=0 should have been in [1, 1]
