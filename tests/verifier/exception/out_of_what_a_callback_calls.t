type     sched_cls
prog     r1 = 4; r2 = func body; r3 = 0; r4 = 0; call bpf_loop; r0 = 0; exit
   body: call inner; r0 = 0; exit
  inner: r1 = 0; call bpf_throw; r0 = 0; exit
verdict  reject EINVAL
log      cannot be called from callback subprog
