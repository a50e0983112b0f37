type     socket_filter
prog     r6 = 0
   next: call bpf_get_prandom_u32
         r6 = 0
         if r0 != 5 goto next
         r0 = 0; exit
verdict  reject EINVAL
log      infinite loop detected at insn
