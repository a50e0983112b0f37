type     flow_dissector
prog     r1 = *(u64 *)(r1 +144)
         *(u16 *)(r1 +12) = 5
         r1 += 8
         r0 = *(u64 *)(r1 +41)
         r0 = 0; exit
verdict  reject EACCES
log      invalid access to flow keys off=49 size=8
