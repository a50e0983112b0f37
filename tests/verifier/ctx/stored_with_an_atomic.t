type     socket_filter
prog     r0 = 0
         lock *(u32 *)(r1 +48) += r0
         exit
verdict  reject EACCES
log      BPF_ATOMIC stores into R1 ctx is not allowed
