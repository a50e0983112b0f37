type     socket_filter
prog     r1 = 53; *(u64 *)(r10 -8) = r1
         r1 = r10; r1 += -8; r2 = 2; r3 = 0; r4 = r10; r4 += -20
         call bpf_strtol
         r0 = 0; exit
verdict  reject EACCES
log      misaligned stack access off 0+-20+0 size 8
