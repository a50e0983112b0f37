type     socket_filter
prog     r2 = r10; r2 += -8
         r0 = r10; r0 -= r2
         exit
verdict  accept
