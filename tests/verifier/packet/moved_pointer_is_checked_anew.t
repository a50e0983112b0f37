type     xdp
license  GPL
prog     r6 = *(u32 *)(r1 +0); r7 = *(u32 *)(r1 +4); r8 = *(u32 *)(r1 +12); r8 &= 7
         r5 = r6; r5 += 8
         if r5 > r7 goto out
         r6 += r8
         r0 = *(u64 *)(r6 +0)
    out: r0 = 2; exit
verdict  reject EACCES
log      R6 offset is outside of the packet
