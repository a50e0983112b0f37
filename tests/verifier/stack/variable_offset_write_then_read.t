type     socket_filter
prog     r2 = *(u32 *)(r1 +0)
         r2 &= 4
         *(u64 *)(r10 -8) = 0
         r3 = r10; r3 += -8; r3 += r2
         *(u32 *)(r3 +0) = 5
         r0 = *(u32 *)(r10 -8)
         exit
verdict  accept
run      data=00*20 return=0
run      data=00*24 return=5
