type     sched_cls
prog     r1 = *(u64 *)(r1 +168)
         if r1 != 0 goto some
         r0 = 0; exit
   some: r0 = *(u32 *)(r1 +4)
         r2 = *(u16 *)(r1 +48)
         r2 = *(u8 *)(r1 +53)
         exit
verdict  accept
log exact
