type     socket_filter
license  GPL
map      m array key=4 value=256 entries=1
prog     r2 = *(u32 *)(r1 +0); r2 &= 255
         *(u64 *)(r10 -8) = r2
         r3 = *(s8 *)(r10 -8)
         if r2 < 200 goto out
         r4 = map m[0]+0; r4 += r3
         r0 = *(u8 *)(r4 +0)
    out: r0 = 0; exit
verdict  reject EACCES
log      R4 min value is negative
differs  Linux 6.18 takes the fill for the number that was spilled, and reads up to 56 bytes before the value
