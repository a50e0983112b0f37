type     raw_tracepoint
license  GPL
prog     r1 = r10; r1 += -8; r2 = 16
         call bpf_get_current_comm
         r0 = 0; exit
verdict  reject EINVAL
log      invalid write to stack R1 off=-8 size=16
