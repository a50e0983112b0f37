type     sched_cls
prog     *(u32 *)(r1 +8) = 7
         r0 = *(u32 *)(r1 +8); exit
verdict  accept
run      data=00*20 return=7
