type     socket_filter
prog     r6 = 40; r1 = 1
         call f
         r0 += r6; exit
      f: r6 = 99; r0 = r1; r0 += 1; exit
verdict  accept
run      data=00*20 return=42
