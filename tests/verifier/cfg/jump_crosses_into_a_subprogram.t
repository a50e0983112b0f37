type     socket_filter
prog     call f; if r0 == 0 goto in; exit
      f: r0 = 1
     in: r0 = 2; exit
verdict  reject EINVAL
log      jump out of range from insn 1 to 4
