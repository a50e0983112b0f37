type     sched_cls
global   handler int
prog     r0 = 0; exit
 handler: call bpf_throw; r0 = 0; exit
         exception handler
verdict  reject EINVAL
log      bpf_throw kfunc (insn 2) cannot be called from callback subprog 1
