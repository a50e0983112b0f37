type     socket_filter
map      d array key=4 value=16 entries=1
prog     r1 = map d[0]
         *(u64 *)(r1 +3) = 7
         r0 = *(u64 *)(r1 +3); exit
verdict  accept
run      data=00*20 return=7
