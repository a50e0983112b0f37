type     socket_filter
prog     r2 = *(u32 *)(r1 +0); r2 &= 4
         r1 += r2
         r0 = *(u32 *)(r1 +0); exit
verdict  reject EACCES
log      variable ctx access var_off=(0x0; 0x4) disallowed
