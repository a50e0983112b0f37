type     socket_filter
unprivileged
prog     r2 = 4; r1 += r2; r0 = 0; exit
verdict  reject EACCES
log      R1 has pointer with unsupported alu operation, pointer arithmetic with it prohibited for !root
