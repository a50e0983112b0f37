type     xdp
prog     *(u64 *)(r10 -8) = 0; *(u64 *)(r10 -16) = 0
         r8 = *(u32 *)(r1 +12); r8 &= 8
         r2 = r10; r2 += r8; r3 = 1
         lock *(u64 *)(r2 -16) += r3
         r0 = 0; exit
verdict  reject EACCES
log      variable offset stack pointer cannot be passed into helper function
