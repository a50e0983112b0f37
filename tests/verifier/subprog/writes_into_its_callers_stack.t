type     socket_filter
prog     *(u64 *)(r10 -8) = 0
         r1 = r10; r1 += -8
         call f
         r0 = *(u64 *)(r10 -8); exit
      f: *(u64 *)(r1 +0) = 21; r0 = 0; exit
verdict  accept
run      data=00*20 return=21
