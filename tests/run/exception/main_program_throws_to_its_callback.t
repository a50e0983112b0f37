type     sched_cls
global   handler int
prog     r1 = *(u32 *)(r1 + 0); if r1 > 100 goto big
         r0 = 3; exit
    big: r1 = 40; call bpf_throw
         r0 = 1; exit
 handler: r0 = r1; r0 += 2; exit
         exception handler
verdict  accept
run      data=00*64 return=3
run      data=00*128 return=42
