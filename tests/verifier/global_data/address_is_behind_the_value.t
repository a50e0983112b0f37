type     socket_filter
map      d array key=4 value=8 entries=1
prog     r1 = map d[0]+8
         r0 = 0; exit
verdict  reject EINVAL
log      invalid access to map value pointer, value_size=8 off=8
