type     socket_filter
prog     r0 = 0; call 5000; exit
verdict  reject EINVAL
log      invalid func unknown#5000
