type     socket_filter
prog     r2 = *(u32 *)(r1 +0); r2 &= 15
         r0 = 0; r3 = 0
   next: if r3 >= r2 goto out
         r0 += 2; r3 += 1
         goto next
    out: exit
verdict  accept
run      data=00*22 return=16
