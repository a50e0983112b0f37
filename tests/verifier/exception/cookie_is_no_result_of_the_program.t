type     cgroup_sock
attach   2
prog     r1 = 2; call bpf_throw; r0 = 1; exit
verdict  reject EINVAL
log      At program exit the register R1 has smin=2 smax=2 should have been in [0, 1]
