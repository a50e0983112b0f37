type     socket_filter
prog     r0 = 1; r0 /= 0; exit
verdict  reject EINVAL
log      div by zero
