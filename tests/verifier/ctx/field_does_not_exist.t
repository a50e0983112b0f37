type     socket_filter
prog     r0 = *(u32 *)(r1 +192); exit
verdict  reject EACCES
log      invalid bpf_context access off=192 size=4
