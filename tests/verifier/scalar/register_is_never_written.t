type     socket_filter
prog     r0 = r2; exit
verdict  reject EACCES
log      R2 !read_ok
