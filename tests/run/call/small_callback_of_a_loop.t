# Native code has such a callback in the loop itself: own registers and stack, an early end, no round at all.
type     xdp
prog     r6 = 1; r7 = 2; r8 = 3; r9 = 4; *(u64 *)(r10 -8) = 0; *(u64 *)(r10 -16) = 7
         r1 = 1000; r2 = func body; r3 = r10; r3 += -8; r4 = 0; call bpf_loop
         *(u64 *)(r10 -16) = r0
         r1 = 0; r2 = func body; r3 = r10; r3 += -8; r4 = 0; call bpf_loop
         r6 += r0
         r1 = 8388609; r2 = func body; r3 = r10; r3 += -8; r4 = 0; call bpf_loop
         w0 += 7; r6 += r0
         r0 = *(u64 *)(r10 -8); r1 = *(u64 *)(r10 -16); r1 <<= 16; r0 += r1
         r6 <<= 4; r6 += r7; r6 <<= 4; r6 += r8; r6 <<= 4; r6 += r9; r6 <<= 32; r0 ^= r6; r1 = r0; r1 >>= 32; r0 ^= r1; r0 <<= 32; r0 >>= 32; exit
   body: *(u64 *)(r10 -8) = r1; r6 = r2; r7 = *(u64 *)(r10 -8); r8 = *(u64 *)(r6 +0); r9 = 5; r8 += r7; r8 += r9
         *(u64 *)(r6 +0) = r8; r0 = r7; r0 >>= 6; r0 &= 1; exit
verdict  accept
run      data=000000000000000000000000000000000000 return=4266833
