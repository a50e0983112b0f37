type     socket_filter
prog     r1 = (s16)r10
         r2 = (s32)r10
         w3 = (s8)r10
         r0 = 0; exit
verdict  accept
