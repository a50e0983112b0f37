type     sched_cls
prog     r6 = r1
         r2 = 56710; r3 = 0
         call bpf_skb_change_proto
         r7 = r0
         r1 = r6
         r2 = 56710; r3 = 0
         call bpf_skb_change_proto
         r8 = *(u32 *)(r6 +0)
         r0 = r8
         r0 -= r7
         exit
verdict  accept
run      data=0000000000000000000000000800450200280000000040010000.7f000001.7f000001.00*20 return=74
