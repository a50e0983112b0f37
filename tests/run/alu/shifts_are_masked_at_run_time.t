type     socket_filter
prog     r1 = *(u32 *)(r1 +0); r1 += 60
         r0 = 1; r0 <<= r1; exit
verdict  accept
run      data=00*20 return=4
