type     socket_filter
prog     r2 = 3; lock *(u64 *)(r2 +0) += r2
         r0 = 0; exit
verdict  reject EACCES
log      misaligned access off 3+0+0 size 8
