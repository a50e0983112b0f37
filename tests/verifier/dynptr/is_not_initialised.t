type     xdp
license  GPL
prog     r1 = r10; r1 += -8; r2 = 8; r3 = r10; r3 += -24; r4 = 0; r5 = 0
         call bpf_dynptr_read
         r0 = 0; exit
verdict  reject EINVAL
log      Expected an initialized dynptr as arg #2
