# r2 = func f: functions have types then
type     socket_filter
prog     r2 = func f
         call f
         if r0 == 0 goto out
         r0 = 7; exit
    out: r0 = 5; exit
      f: r6 = r1; r0 = *(u8 *)skb[100]; r0 = 1; exit
verdict  accept
run      data=00*64 return=5
run      data=01*120 return=7
