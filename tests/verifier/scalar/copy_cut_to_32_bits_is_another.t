type     socket_filter
license  GPL
map      m array key=4 value=16 entries=1
prog     r4 = map m[0]+0; r2 = *(u64 *)(r4 +0)
         w3 = w2
         if r3 > 3 goto out
         r4 += r2
         r0 = *(u8 *)(r4 +0)
    out: r0 = 0; exit
verdict  reject EINVAL
log      unbounded min value
