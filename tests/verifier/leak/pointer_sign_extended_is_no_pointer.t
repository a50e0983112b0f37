type     socket_filter
prog     r2 = r10; r2 = (s32)r2
         r0 = *(u8 *)(r2 -8); exit
verdict  reject EACCES
log      R2 invalid mem access 'scalar'
