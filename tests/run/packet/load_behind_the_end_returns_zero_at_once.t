type     socket_filter
prog     r6 = r1
         r0 = *(u32 *)skb[200]
         r0 = 5; exit
verdict  accept
run      data=00*20 return=0
