type     socket_filter
prog     *(u64 *)(r1 +48) = r1
         r0 = 0; exit
verdict  accept
