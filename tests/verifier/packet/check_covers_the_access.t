type     xdp
prog     r2 = *(u32 *)(r1 +0); r3 = *(u32 *)(r1 +4)
         r4 = r2; r4 += 14
         r0 = 1
         if r4 > r3 goto out
         r0 = *(u16 *)(r2 +12)
    out: exit
verdict  accept
run      data=00*12.0800.00*50 return=8
run      data=00*13.00 return=0
