type     xdp
map      m array key=4 value=64 entries=1
prog     r6 = *(u32 *)(r1 +12); r7 = *(u32 *)(r1 +16)
         r8 = 1000
         if r6 > 5 goto L
         r8 = 3
      L: *(u64 *)(r10 -8) = r8; *(u64 *)(r10 -16) = 0
         r0 = 0; goto pc+0; r0 = 1; r0 = 2; r0 = 3; r0 = 4; r0 = 5; r0 = 6; goto pc+0; goto pc+0
         r1 = r10; r1 += -16; call sub
         r2 = *(u64 *)(r10 -16)
         r1 = map m[0]+0; r1 += r2; r0 = *(u8 *)(r1 +0)
         r0 = 0; exit
    sub: r2 = *(u64 *)(r1 +8); r3 = r2; r3 += 1; *(u64 *)(r1 +0) = r3
         r0 = 0; exit
verdict  reject EACCES
