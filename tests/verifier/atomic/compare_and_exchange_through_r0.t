type     socket_filter
map      d array key=4 value=16 entries=1
prog     r0 = map d[0]; r2 = 1
         r0 = atomic64_cmpxchg((u64 *)(r0 +0), r0, r2)
         r0 = 0; exit
verdict  reject EACCES
log      misaligned access off (0x0; 0xffffffffffffffff)+0+0 size 8
