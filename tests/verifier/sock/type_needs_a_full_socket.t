type     sched_cls
prog     r1 = *(u64 *)(r1 +168)
         if r1 != 0 goto some
         r0 = 0; exit
   some: r0 = *(u32 *)(r1 +8)
         exit
verdict  reject EACCES
log      R1 invalid sock_common access off=8 size=4
