type     raw_tracepoint_writable
prog     r1 = *(u64 *)(r1 +0)
         *(u64 *)(r1 +1000) = 7
         r1 += 8
         r0 = *(u32 *)(r1 -12)
         exit
verdict  reject EACCES
log      R1 invalid tracepoint buffer access: off=-4, size=4
