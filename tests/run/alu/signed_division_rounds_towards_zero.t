type     socket_filter
prog     r0 = -7; r0 s/= 2; exit
verdict  accept
run      data=00*20 return=-3
