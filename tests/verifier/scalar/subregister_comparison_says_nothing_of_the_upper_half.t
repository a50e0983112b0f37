type     socket_filter
license  GPL
map      m array key=4 value=16 entries=1
prog     r3 = map m[0]+0; r2 = *(u64 *)(r3 +0)
         if w2 != 5 goto out
         r3 += r2
         r0 = *(u8 *)(r3 +0)
    out: r0 = 0; exit
verdict  reject EINVAL
log      makes map_value pointer be out of bounds
