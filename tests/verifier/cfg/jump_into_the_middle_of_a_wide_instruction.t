type     socket_filter
prog     r0 = 0; goto pc+1; r1 = 5 ll; exit
verdict  reject EINVAL
log      unreachable insn 2
