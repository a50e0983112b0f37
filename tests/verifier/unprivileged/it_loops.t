type     socket_filter
unprivileged
prog     r1 = 0
   next: r1 += 1; if r1 < 5 goto next; r0 = 0; exit
verdict  reject EINVAL
log      back-edge from insn 2 to 1
