type     xdp
map      m array key=4 value=64 entries=1
prog     r7 = map m[0]+0; r8 = *(s8 *)(r7 +0)
         if r8 s> 20 goto out
         r7 += r8; r0 = *(u8 *)(r7 +0)
    out: r0 = 0; exit
verdict  reject EACCES
log      min value is negative
