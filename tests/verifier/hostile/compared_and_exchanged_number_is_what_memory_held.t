type     xdp
map      m array key=4 value=64 entries=1
prog     r7 = map m[0]+0; r9 = *(u64 *)(r7 +8)
         *(u64 *)(r10 -8) = r9; r0 = 5; r8 = 6
         r0 = atomic64_cmpxchg((u64 *)(r10 -8), r0, r8)
         r7 += r0; r0 = *(u8 *)(r7 +0)
         r0 = 0; exit
verdict  reject EINVAL
