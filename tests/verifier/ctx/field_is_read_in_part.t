type     socket_filter
prog     r0 = *(u8 *)(r1 +0); exit
verdict  accept
run      data=00*34 return=20
