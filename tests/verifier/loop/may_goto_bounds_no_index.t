# The index grows with the rounds, which nothing counts.
type     socket_filter
map      m array key=4 value=8 entries=1
prog     r1 = map m[0]; r2 = 0
   next: may_goto out
         r3 = r1; r3 += r2; r0 = *(u8 *)(r3 +0); r2 += 1
         goto next
    out: r0 = 0; exit
verdict  reject EACCES
log      invalid access to map value, value_size=8 off=8 size=1
