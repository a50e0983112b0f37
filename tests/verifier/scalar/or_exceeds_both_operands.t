type     socket_filter
license  GPL
map      m array key=4 value=12 entries=1
prog     r2 = *(u32 *)(r1 +0); r3 = *(u32 *)(r1 +8)
         r2 &= 8; r3 &= 7; r2 |= r3
         r4 = map m[0]+0; r4 += r2
         r0 = *(u8 *)(r4 +0)
         r0 = 0; exit
verdict  reject EACCES
log      R4 max value is outside of the allowed memory range
