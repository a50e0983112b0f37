type     socket_filter
prog     r0 = 0x1234; r0 = be16 r0
         r1 = 0x11223344; r1 = bswap32 r1
         r0 += r1; exit
verdict  accept
run      data=00*20 return=0x44335623
