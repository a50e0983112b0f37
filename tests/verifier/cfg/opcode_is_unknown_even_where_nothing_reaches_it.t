type     socket_filter
prog     r0 = 0; exit
         raw 0xff 0 0 0 0
         exit
verdict  reject EINVAL
log      unknown opcode ff
