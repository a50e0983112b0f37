type     socket_filter
map      d array key=4 value=8 entries=1
prog     r1 = map d[0]+4
         *(u32 *)(r1 +0) = 258
         r0 = 0; exit
verdict  accept
run      data=00*20 return=0
expect   d 00000000 0000000002010000
