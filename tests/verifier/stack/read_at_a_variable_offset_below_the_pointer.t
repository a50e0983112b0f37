type     xdp
prog     *(u64 *)(r10 -8) = 0; *(u64 *)(r10 -16) = 0
         r8 = *(u32 *)(r1 +12); r8 &= 8
         r2 = r10; r2 += r8; r0 = *(u16 *)(r2 -16)
         exit
verdict  accept
