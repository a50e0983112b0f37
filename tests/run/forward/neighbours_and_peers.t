type     sched_cls
prog     r1 = 1; r2 = 0; r3 = 0; r4 = 1
         call bpf_redirect_neigh
         r6 = r0
         r1 = 1; r2 = 1
         call bpf_redirect_peer
         r6 *= 100; r6 += r0
         r1 = 1; r2 = 0
         call bpf_redirect_peer
         r6 *= 100; r6 += r0
         r0 = r6
         exit
verdict  accept
run      data=0000000000000000000000000800450200280000000040010000.7f000001.7f000001.00*20 return=20207
