type     socket_filter
prog     r0 = 0; *(u64 *)(r10 -8) = 0
         lock *(u8 *)(r10 -8) += r0
         exit
verdict  reject EINVAL
log      invalid atomic operand size
