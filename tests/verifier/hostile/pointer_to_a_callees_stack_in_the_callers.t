type     xdp
prog     *(u64 *)(r10 -8) = 0; r1 = r10; r1 += -8; call sub
         r1 = *(u64 *)(r10 -8); *(u64 *)(r1 +0) = 1
         r0 = 0; exit
    sub: r2 = r10; r2 += -8; *(u64 *)(r1 +0) = r2
         r0 = 0; exit
verdict  reject EINVAL
log      cannot spill pointers to stack into stack frame of the caller
