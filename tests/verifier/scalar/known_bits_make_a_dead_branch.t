# after & 3 the value cannot be 8, so the bad load is never looked at
type     socket_filter
prog     r0 = *(u32 *)(r1 +0)
         r0 &= 3
         if r0 != 8 goto out
         r0 = *(u8 *)(r0 +0)
    out: exit
verdict  accept
run      data=00*22 return=0
