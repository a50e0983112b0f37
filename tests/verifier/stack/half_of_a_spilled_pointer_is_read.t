type     socket_filter
prog     *(u64 *)(r10 -8) = r1
         r0 = *(u32 *)(r10 -8)
         exit
verdict  reject EACCES
log      invalid size of register fill
