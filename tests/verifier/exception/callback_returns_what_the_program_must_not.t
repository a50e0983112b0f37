type     cgroup_sock
attach   2
global   handler int
prog     r1 = 0; call bpf_throw; r0 = 1; exit
 handler: r0 = 2; exit
         exception handler
verdict  reject EINVAL
log      At program exit the register R0 has smin=2 smax=2 should have been in [0, 1]
