type     socket_filter
prog     call f; call g; exit
      f: r0 = 1
      g: r0 = 2; exit
verdict  reject EINVAL
log      last insn is not an exit or jmp
