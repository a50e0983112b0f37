# The second round finds a number where the first found a pointer.
type     socket_filter
prog     r6 = r10; r0 = 0
   next: may_goto out
         r0 = *(u8 *)(r6 -1); r6 = r0
         goto next
    out: r0 = 0; exit
verdict  reject EACCES
log      R6 invalid mem access 'scalar'
