type     socket_filter
prog     w0 = -2147483648; w1 = -1; w0 s/= w1; exit
verdict  accept
run      data=00*20 return=-2147483648
