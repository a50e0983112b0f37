type     socket_filter
map      m array key=4 value=8 entries=1
prog     r1 = map m[0]; r2 = 0
   next: may_goto out
         r2 &= 7; r3 = r1; r3 += r2; r0 = *(u8 *)(r3 +0); r2 += 1
         goto next
    out: r0 = 2; exit
verdict  accept
run      data=00*14 return=2
