type     socket_filter
prog     r0 = r10; r0 *= 2; exit
verdict  reject EACCES
log      R0 pointer arithmetic with *= operator prohibited
