type     xdp
prog     r2 = *(u32 *)(r1 +0); r3 = *(u32 *)(r1 +4)
         r4 = r2; r4 += 14
         r0 = 1
         if r4 > r3 goto out
         r5 = *(u8 *)(r2 +0)
         r5 &= 15; r5 <<= 2
         r2 += r5
         r4 = r2; r4 += 4
         if r4 > r3 goto out
         r0 = *(u8 *)(r2 +3)
    out: exit
verdict  accept
run      data=01000000.00000007.00*12 return=7
run      data=0f.00*15 return=1
