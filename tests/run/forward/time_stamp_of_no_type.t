type     sched_cls
prog     r6 = r1
         r2 = 5; r3 = 0
         call bpf_skb_set_tstamp
         r7 = r0
         r1 = r6; r2 = 5; r3 = 1
         call bpf_skb_set_tstamp
         r7 += r0
         r1 = r6; r2 = 0; r3 = 1
         call bpf_skb_set_tstamp
         r7 += r0
         r1 = r6; r2 = 0; r3 = 0
         call bpf_skb_set_tstamp
         r0 += r7
         exit
verdict  accept
run      data=0000000000000000000000000800450200280000000040010000.7f000001.7f000001.00*20 return=4294967274
