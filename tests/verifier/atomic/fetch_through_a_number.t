type     socket_filter
prog     r2 = 8
         r2 = atomic64_fetch_add((u64 *)(r2 +0), r2)
         r0 = 0; exit
verdict  reject EACCES
log      misaligned access off (0x0; 0xffffffffffffffff)+0+0 size 8
