type     socket_filter
license  GPL
map      m array key=4 value=16 entries=1
prog     r2 = *(u32 *)(r1 +0); r3 = r2
         r3 *= 100
         if r2 > 3 goto out
         r4 = map m[0]+0; r4 += r3
         r0 = *(u8 *)(r4 +0)
    out: r0 = 0; exit
verdict  reject EACCES
