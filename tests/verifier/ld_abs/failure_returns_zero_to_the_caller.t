# r2 = func f: functions have types then
type     socket_filter
prog     r2 = func f
         call f
         if r0 != 0 goto out
         r0 = r9
    out: r0 = 0; exit
      f: r6 = r1; r0 = *(u32 *)skb[0]; r0 = 1; exit
verdict  reject EACCES
log      R9 !read_ok
