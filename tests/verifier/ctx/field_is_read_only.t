type     socket_filter
prog     *(u32 *)(r1 +0) = 1; r0 = 0; exit
verdict  reject EACCES
log      invalid bpf_context access off=0 size=4
