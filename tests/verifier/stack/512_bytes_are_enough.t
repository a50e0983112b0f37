type     socket_filter
prog     *(u64 *)(r10 -512) = 3
         r0 = *(u64 *)(r10 -512)
         exit
verdict  accept
run      data=00*20 return=3
