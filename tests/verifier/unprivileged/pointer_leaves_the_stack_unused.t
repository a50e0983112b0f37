type     socket_filter
unprivileged
prog     r1 = r10; r1 += 8; r0 = 0; exit
verdict  reject EACCES
log      R1 stack pointer arithmetic goes out of range, prohibited for !root
