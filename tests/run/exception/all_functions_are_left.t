# Two functions deep, with saved registers and stack in use everywhere.
type     sched_cls
map      m array key=4 value=8 entries=1
global   main ctx
prog     r6 = r1; r7 = 7; *(u64 *)(r10 - 8) = r7
         r1 = 5; call outer
         r0 += 100; exit
  outer: r6 = r1; r8 = 3; *(u64 *)(r10 - 16) = r8
         r1 += r8; call inner
         r0 += r6; exit
  inner: r6 = map m[0]; r2 = *(u64 *)(r6 + 0); r2 += 1; *(u64 *)(r6 + 0) = r2
         if r2 s> 1 goto fine
         r1 += 1000; call bpf_throw
         r0 = 0; exit
   fine: r0 = r1; exit
verdict  accept
run      data=00*64 return=1008
run      data=00*64 return=113
expect   m 00000000 0200000000000000
