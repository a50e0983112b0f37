type     socket_filter
prog     r6 = r1
         r0 = *(u16 *)skb[12]
         exit
verdict  accept
run      data=00*14.00*12.0800.00*20 return=0x800
