type     xdp
prog     r2 = *(u32 *)(r1 +0); r3 = *(u32 *)(r1 +4)
         r4 = r2; r4 += 13
         r0 = 1
         if r4 > r3 goto out
         r0 = *(u16 *)(r2 +12)
    out: exit
verdict  reject EACCES
log      invalid access to packet, off=12 size=2, R2(id=0,off=12,r=13)
