type     sched_cls
global   handler ctx
prog     r0 = 0; exit
 handler: r0 = 0; exit
         exception handler
verdict  reject EINVAL
log      exception cb only supports single integer argument
