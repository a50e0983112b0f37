type     sched_cls
global   handler int
prog     r6 = 9; r1 = 5; call thrower
         r0 = 1; exit
 thrower: r7 = r1; r1 += 20; call bpf_throw
         r0 = r7; exit
 handler: *(u64 *)(r10 - 8) = r1; r1 = 2; call double
         r1 = *(u64 *)(r10 - 8); r0 += r1; exit
 double: r0 = r1; r0 *= 2; exit
         exception handler
verdict  accept
run      data=00*64 return=29
