type     xdp
map      m array key=4 value=64 entries=1
prog     r7 = map m[0]+0; r8 = *(u32 *)(r7 +0); r8 &= 8; r9 = *(u64 *)(r7 +8)
         *(u64 *)(r10 -8) = 0; *(u64 *)(r10 -16) = 5
         r2 = r10; r2 += -16; r2 += r8; *(u64 *)(r2 +0) = r9
         r8 = *(u64 *)(r10 -16)
         r7 += r8; r0 = *(u8 *)(r7 +0)
         r0 = 0; exit
verdict  reject EINVAL
