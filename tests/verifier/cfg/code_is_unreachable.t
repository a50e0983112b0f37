type     socket_filter
prog     r0 = 0; exit
         r0 = 1; exit
verdict  reject EINVAL
log      unreachable insn 2
