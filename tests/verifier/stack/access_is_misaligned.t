type     socket_filter
prog     *(u64 *)(r10 -12) = 0; r0 = 0; exit
verdict  reject EACCES
log      misaligned stack access off 0+0+-12 size 8
