type     socket_filter
map      m array key=4 value=8 entries=1 flags=128
prog     r1 = map m[0]
         *(u32 *)(r1 +0) = 5
         r0 = 0; exit
verdict  reject EACCES
log      write into map forbidden, value_size=8 off=0 size=4
