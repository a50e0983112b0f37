type     socket_filter
prog     r0 = 0; r1 = 0
   next: r0 += r1; r1 += 1
         if r1 < 100 goto next
         exit
verdict  accept
run      data=00*20 return=4950
