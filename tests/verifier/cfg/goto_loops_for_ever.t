type     socket_filter
prog     r0 = 0
   again: goto again
         exit
verdict  reject EINVAL
log      unreachable insn 2
