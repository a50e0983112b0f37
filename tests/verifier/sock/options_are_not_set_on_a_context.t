type     cgroup_sockopt
attach   22
prog     *(u64 *)(r10 -8) = 0
         r2 = 1; r3 = 2; r4 = r10; r4 += -8; r5 = 4
         call bpf_setsockopt
         r0 = 1; exit
verdict  reject EACCES
log      R1 type=ctx expected=sock
