type     xdp
map      m array key=4 value=64 entries=1
put      m 00000000 05.00*63
freeze   m
prog     r7 = map m[0]+0; r8 = *(u64 *)(r7 +0)
         r7 += r8; r0 = *(u8 *)(r7 +0)
         r0 = 0; exit
verdict  reject EINVAL
