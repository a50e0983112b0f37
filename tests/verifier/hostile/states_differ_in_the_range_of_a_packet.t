type     xdp
license  GPL
prog     r6 = *(u32 *)(r1 +12); r7 = *(u32 *)(r1 +0); r8 = *(u32 *)(r1 +4)
         r9 = r7; r9 += 8
         if r6 > 5 goto meet
         if r9 > r8 goto out
   meet: r0 = 0; r1 = 0; r2 = 0; r3 = 0; r4 = 0; r5 = 0; r0 = 0; r0 = 0
         goto a
      a: goto b
      b: r0 = *(u64 *)(r7 +0)
    out: r0 = 2; exit
verdict  reject EACCES
log      R7 offset is outside of the packet
