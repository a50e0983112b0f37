type     socket_filter
map      d array key=4 value=16 entries=1
prog     r1 = map d[0]; r2 = 1
         lock *(u64 *)(r1 +4) += r2
         r0 = 0; exit
verdict  reject EACCES
log      misaligned value access off 0+0+4 size 8
