type     sched_cls
prog     r6 = r1
         call bpf_skb_ecn_set_ce
         r7 = r0
         r0 = r7
         exit
verdict  accept
run      data=0000000000000000000000000800450200280000000040010000.7f000001.7f000001.00*20 return=1
