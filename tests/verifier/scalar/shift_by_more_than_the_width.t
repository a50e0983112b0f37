type     socket_filter
prog     r0 = 1; w0 <<= 32; exit
verdict  reject EINVAL
log      invalid shift 32
