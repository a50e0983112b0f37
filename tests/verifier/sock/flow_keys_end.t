type     flow_dissector
prog     r1 = *(u64 *)(r1 +144)
         r2 = *(u64 *)(r1 +48)
         *(u32 *)(r1 +52) = 7
         r0 = 0; exit
verdict  accept
log exact
