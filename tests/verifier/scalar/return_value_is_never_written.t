type     socket_filter
prog     exit
verdict  reject EACCES
log      R0 !read_ok
