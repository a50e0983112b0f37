type     sched_cls
prog     r1 = 4; r2 = func body; r3 = 0; r4 = 0; call bpf_loop; r0 = 0; exit
   body: r1 = 0; call bpf_throw; r0 = 0; exit
verdict  reject EINVAL
log      bpf_throw kfunc (insn 9) cannot be called from callback subprog 1
