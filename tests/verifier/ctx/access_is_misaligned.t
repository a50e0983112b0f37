type     socket_filter
prog     r0 = *(u32 *)(r1 +2); exit
verdict  reject EACCES
log      invalid bpf_context access off=2 size=4
