type     socket_filter
license  GPL
prog     r7 = *(u32 *)(r1 +0); r8 = *(u32 *)(r1 +8)
         r9 = r7; w9 += 0; r2 = r7; r2 += 0
         if w7 & -8 goto out
         r2 = r9
         if r9 > 5 goto out; r2 = r7
    out: r0 = 0; exit
verdict  accept
log exact
