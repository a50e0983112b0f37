type     socket_filter
prog     *(u64 *)(r10 -8) = r1
         r2 = *(u64 *)(r10 -8)
         r0 = *(u32 *)(r2 +0)
         exit
verdict  accept
run      data=00*30 return=16
