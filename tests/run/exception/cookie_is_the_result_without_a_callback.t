type     sched_cls
prog     r1 = 64; call bpf_throw; r0 = 1; exit
verdict  accept
run      data=00*64 return=64
