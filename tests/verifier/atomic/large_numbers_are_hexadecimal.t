type     socket_filter
prog     r2 = 0x38a5df29; lock *(u64 *)(r2 +8) += r2
         r0 = 0; exit
verdict  reject EACCES
log      misaligned access off 0x38a5df29+0+8 size 8
