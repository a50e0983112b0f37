type     socket_filter
prog     r0 = 0
   next: may_goto out
         r0 &= 1
         goto next
    out: r0 = 3; exit
verdict  reject EINVAL
log      may_goto is not supported
differs  may_goto is not walked yet: refusing it is safe
