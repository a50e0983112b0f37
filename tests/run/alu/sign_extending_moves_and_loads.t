type     socket_filter
prog     *(u64 *)(r10 -8) = 0x80ff
         r0 = *(s16 *)(r10 -8)
         r1 = *(s8 *)(r10 -8)
         r2 = 0x80; r2 = (s8)r2
         r0 += r1; r0 += r2; exit
verdict  accept
run      data=00*20 return=-32642
