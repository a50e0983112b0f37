type     socket_filter
license  GPL
prog     r7 = *(u32 *)(r1 +0); r8 = *(u32 *)(r1 +8)
         r9 = r7; w9 += 3; r2 = r7; r2 += 3; if r2 > 9 goto out
         if w7 & -8 goto out
         r2 = r9
         if r9 > 5 goto out; r2 = r7
    out: r0 = 0; exit
verdict  accept
log exact
