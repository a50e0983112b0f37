type     socket_filter
prog     r0 = 0
   next: may_goto out
         r0 &= 1
         goto next
    out: r0 = 3; exit
verdict  accept
run      data=00*14 return=3
