type     socket_filter
prog     *(u32 *)(r1 +52) = 9
         r0 = *(u32 *)(r1 +52); exit
verdict  accept
run      data=00*20 return=9
