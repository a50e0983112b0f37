type     socket_filter
prog     r6 = 1; call f; exit
      f: r0 = r6; exit
verdict  reject EACCES
log      R6 !read_ok
