type     socket_filter
prog     r0 = 0
   next: r0 += 1
         if r0 != 600000 goto next
         exit
level    4
verdict  reject E2BIG
log      BPF program is too large. Processed 1000001 insn
