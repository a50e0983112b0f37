type     socket_filter
unprivileged
prog     r0 = *(u64 *)(r10 -8); exit
verdict  reject EACCES
log      invalid read from stack off -8+0 size 8
