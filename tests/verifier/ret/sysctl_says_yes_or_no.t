type     cgroup_sysctl
attach   18
prog     r0 = 2; exit
verdict  reject EINVAL
log      At program exit the register R0 has smin=2 smax=2 should have been in [0, 1]
