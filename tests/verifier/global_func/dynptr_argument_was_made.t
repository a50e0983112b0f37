type     sched_cls
global   f dynptr
prog     r1 = 0; *(u64 *)(r10 - 8) = r1; *(u64 *)(r10 - 16) = r1
         r1 = r10; r1 += -16; call f; r0 = 0; exit
      f: r0 = 0; exit
verdict  reject EINVAL
log exact
