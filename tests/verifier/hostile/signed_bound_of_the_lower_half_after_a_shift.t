type     xdp
map      m array key=4 value=64 entries=1
prog     r7 = map m[0]+0; r8 = *(u64 *)(r7 +0)
         if w8 s< 0 goto out
         if w8 s> 20 goto out
         r8 <<= 32; r8 s>>= 32
         r7 += r8; r0 = *(u8 *)(r7 +0)
    out: r0 = 0; exit
verdict  accept
