type     sched_cls
prog     r6 = r1
         *(u64 *)(r10 -8) = 5
         r2 = r10; r2 += -8; r3 = 8
         call bpf_skb_set_tunnel_opt
         r7 = r0
         r1 = r6
         r2 = r10; r2 += -8; r3 = 8
         call bpf_skb_get_tunnel_opt
         r0 *= 1000
         r0 += r7
         exit
verdict  accept
run      data=0000000000000000000000000800450200280000000040010000.7f000001.7f000001.00*20 return=4294965274
