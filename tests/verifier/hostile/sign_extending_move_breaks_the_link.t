type     xdp
map      m array key=4 value=64 entries=1
prog     r7 = map m[0]+0; r8 = *(u32 *)(r7 +0)
         r9 = (s8)r8
         if r9 > 20 goto out
         r7 += r8; r0 = *(u8 *)(r7 +0)
    out: r0 = 0; exit
verdict  reject EACCES
