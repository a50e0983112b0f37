type     xdp
prog     r0 = 0; *(u32 *)(r1 +0) = r0; exit
verdict  reject EACCES
log      invalid bpf_context access off=0 size=4
