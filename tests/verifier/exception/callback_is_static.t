type     sched_cls
prog     r0 = 0; exit
 handler: r0 = 0; exit
         exception handler
verdict  reject EINVAL
log      exception callback 'handler' must have global linkage
