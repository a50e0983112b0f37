type     socket_filter
prog     r0 = 0
   again: if r0 == 0 goto again
         exit
verdict  reject EINVAL
log      infinite loop detected at insn 1
