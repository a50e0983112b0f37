type     xdp
prog     r2 = *(u32 *)(r1 +0); r3 = *(u32 *)(r1 +4)
         r4 = r2; r4 += 14
         r0 = 1
         if r4 > r3 goto out
         *(u8 *)(r2 +0) = 255
         r0 = 2
    out: exit
verdict  accept
run      data=00*16 return=2 out=ff000000000000000000000000000000
