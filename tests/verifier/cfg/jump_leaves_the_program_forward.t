type     socket_filter
prog     r0 = 0; if r0 == 0 goto pc+5; exit
verdict  reject EINVAL
log      jump out of range from insn 1 to 7
