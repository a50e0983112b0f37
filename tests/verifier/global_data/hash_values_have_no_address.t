type     socket_filter
map      h hash key=4 value=8 entries=1
prog     r1 = map h[0]
         r0 = 0; exit
verdict  reject EINVAL
log      no direct value access support for this map type
