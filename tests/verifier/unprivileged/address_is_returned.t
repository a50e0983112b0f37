type     socket_filter
unprivileged
prog     r0 = r1; exit
verdict  reject EACCES
log      R0 leaks addr as return value
