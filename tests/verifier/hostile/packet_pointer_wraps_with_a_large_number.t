type     xdp
prog     r7 = *(u32 *)(r1 +0); r8 = *(u32 *)(r1 +4); r6 = *(u32 *)(r1 +12)
         r7 += r6; r2 = r7; r2 += 8
         if r2 > r8 goto out
         r0 = *(u8 *)(r7 +0)
    out: r0 = 1; exit
verdict  reject EACCES
