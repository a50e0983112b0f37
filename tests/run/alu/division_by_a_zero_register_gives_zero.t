type     socket_filter
prog     r1 = *(u32 *)(r1 +8); r0 = 7; r0 /= r1; r2 = 7; r2 %= r1; r0 += r2; exit
verdict  accept
run      data=00*20 return=7
