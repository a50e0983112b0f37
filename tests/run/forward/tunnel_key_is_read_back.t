type     sched_cls
prog     r6 = r1
         *(u64 *)(r10 -48) = 0; *(u64 *)(r10 -40) = 0; *(u64 *)(r10 -32) = 0; *(u64 *)(r10 -24) = 0; *(u64 *)(r10 -16) = 0
         *(u32 *)(r10 -48) = 77
         *(u32 *)(r10 -44) = 3232235777
         r2 = r10; r2 += -48; r3 = 28; r4 = 0
         call bpf_skb_set_tunnel_key
         if r0 != 0 goto out
         r1 = r6
         r2 = r10; r2 += -48; r3 = 28; r4 = 1
         call bpf_skb_get_tunnel_key
         r7 = r0
         r1 = r6
         r2 = r10; r2 += -48; r3 = 28; r4 = 0
         call bpf_skb_get_tunnel_key
         if r0 != 0 goto out
         r0 = *(u32 *)(r10 -48)
         r0 -= r7
    out: exit
verdict  accept
run      data=0000000000000000000000000800450200280000000040010000.7f000001.7f000001.00*20 return=148
