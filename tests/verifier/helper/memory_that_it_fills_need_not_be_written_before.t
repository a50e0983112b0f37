type     socket_filter
prog     r2 = 0; r3 = r10; r3 += -8; r4 = 4
         call bpf_skb_load_bytes
         r0 = *(u32 *)(r10 -8); exit
verdict  accept
run      data=00*14.05000000.00*8 return=5
