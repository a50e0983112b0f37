type     socket_filter
prog     r11 = 0; r0 = 0; exit
verdict  reject EINVAL
log      R11 is invalid
