type     socket_filter
map      ro array key=4 value=8 entries=1 flags=128
put      ro 00000000 06.00*7
prog     r1 = map ro[0]
         r2 = *(u32 *)(r1 +0); r2 &= 1
         r0 = 0
         if r2 == 0 goto out
         r0 = *(u32 *)(r2 +0)
    out: exit
verdict  reject EACCES
log      R2 invalid mem access 'scalar'
