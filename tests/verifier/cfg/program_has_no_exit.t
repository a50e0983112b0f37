type     socket_filter
prog     r0 = 0
verdict  reject EINVAL
log      last insn is not an exit or jmp
