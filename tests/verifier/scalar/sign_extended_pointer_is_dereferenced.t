type     socket_filter
prog     r1 = (s32)r10
         r0 = *(u64 *)(r1 -8); exit
verdict  reject EACCES
log      R1 invalid mem access 'scalar'
