type     flow_dissector
prog     r2 = *(u64 *)(r1 +144); r3 = *(u16 *)(r2 +0); r3 &= 7
         r2 += r3
         r0 = 0; exit
verdict  reject EACCES
log      R2 pointer arithmetic on flow_keys prohibited
