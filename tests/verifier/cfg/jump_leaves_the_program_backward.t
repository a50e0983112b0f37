type     socket_filter
prog     r0 = 0; goto pc-3; exit
verdict  reject EINVAL
log      jump out of range from insn 1 to -1
