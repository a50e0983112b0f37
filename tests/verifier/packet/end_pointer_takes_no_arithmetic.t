type     xdp
prog     r3 = *(u32 *)(r1 +4)
         r3 += 1
         r0 = 0; exit
verdict  reject EACCES
log      R3 pointer arithmetic on pkt_end prohibited
