# Native code has such a function where it is called: its registers and its stack are still its own.
type     xdp
prog     r6 = 1; r7 = 2; *(u64 *)(r10 -8) = 40; *(u64 *)(r10 -16) = 50
         r1 = 5; r2 = 6; call sub
         r6 += r0; r1 = r6; r2 = 9; call sub
         r0 += r6; r0 += r7; r1 = *(u64 *)(r10 -8); r0 += r1; r1 = *(u64 *)(r10 -16); r0 += r1; exit
    sub: *(u64 *)(r10 -8) = r1; r6 = r2; r7 = *(u64 *)(r10 -8); r7 *= r6; r0 = r7; exit
verdict  accept
run      data=000000000000000000000000000000000000 return=402
