type     xdp
map      m array key=4 value=64 entries=1
prog     *(u64 *)(r10 -8) = -1
         r7 = map m[0]+0; r8 = *(u32 *)(r7 +0); r8 &= 7
         *(u32 *)(r10 -8) = r8
         r8 = *(u64 *)(r10 -8)
         r7 += r8; r0 = *(u8 *)(r7 +0)
         r0 = 0; exit
verdict  reject EINVAL
