type     socket_filter
prog     r2 = r10; w3 = (s16)w2
         r0 = 0; exit
verdict  accept
