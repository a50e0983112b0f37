type     sched_cls
prog     *(u32 *)(r10 -8) = 0
         r2 = 1; r3 = r10; r3 += -8; r4 = 0; r5 = 0
         call bpf_check_mtu
         r1 = *(u32 *)(r10 -8)
         r0 *= 1000000
         r0 += r1
         exit
verdict  accept
run      data=0000000000000000000000000800450200280000000040010000.7f000001.7f000001.00*20 return=65536
