type     xdp
prog     r2 = *(u32 *)(r1 +0); r3 = *(u32 *)(r1 +4)
         r4 = r2; r4 += 14
         r0 = 1
         if r3 >= r4 goto out
         r0 = *(u16 *)(r2 +12)
    out: exit
verdict  reject EACCES
log      R2 offset is outside of the packet
