type     socket_filter
global   load nonnull=8
prog     *(u64 *)(r10 -8) = 1; r1 = r10; r1 += -8; call load
         exit
   load: r0 = *(u32 *)(r1 +0); *(u32 *)(r1 +4) = 7; exit
verdict  accept
log      R1=mem(sz=8)
run      data=00*14 return=1
