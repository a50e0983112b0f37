type     socket_filter
prog     r2 = *(u32 *)(r1 +76)
         r0 = 0; exit
verdict  reject EACCES
log      invalid bpf_context access off=76 size=4
