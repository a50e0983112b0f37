# Unknown after widening, so the way to the bad load is walked.
type     socket_filter
prog     r6 = 0; r0 = 0
   next: may_goto out
         if r6 == 1000 goto bad
         r6 += 1
         goto next
    bad: r0 = *(u8 *)(r6 +0)
    out: r0 = 0; exit
verdict  reject EACCES
log      R6 invalid mem access 'scalar'
