type     socket_filter
prog     r6 = r1; r7 = 2
         r0 = *(u8 *)skb[r7 + 1]; exit
verdict  accept
run      data=00*14.0102030405.00*10 return=4
