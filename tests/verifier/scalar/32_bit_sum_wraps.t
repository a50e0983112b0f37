type     socket_filter
license  GPL
map      m array key=4 value=8 entries=1
prog     w2 = -1; w2 += 2
         r3 = 0x100000001 ll; r2 -= r3
         r4 = map m[0]+0; r4 += r2
         r0 = *(u8 *)(r4 +0)
         r0 = 0; exit
verdict  reject EINVAL
log      math between map_value pointer and -4294967296 is not allowed
