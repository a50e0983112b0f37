type     socket_filter
prog     *(u64 *)(r10 -520) = 0; r0 = 0; exit
verdict  reject EACCES
log      invalid write to stack R10 off=-520 size=8
