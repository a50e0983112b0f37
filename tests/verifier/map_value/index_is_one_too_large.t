type     socket_filter
license  GPL
map      m array key=4 value=8 entries=1
prog     r2 = *(u32 *)(r1 +0)
         if r2 > 1 goto out
         r3 = map m[0]+0; r3 += r2
         r0 = *(u64 *)(r3 +0)
    out: r0 = 0; exit
verdict  reject EACCES
log      R3 max value is outside of the allowed memory range
