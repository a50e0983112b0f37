type     sched_cls
global   handler int
prog     r1 = 0; call handler; r0 = 0; exit
 handler: r0 = 0; exit
         exception handler
verdict  reject EINVAL
log      insn 1 cannot call exception cb directly
