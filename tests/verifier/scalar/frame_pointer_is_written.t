type     socket_filter
prog     r0 = 0; r10 = 1; exit
verdict  reject EACCES
log      frame pointer is read only
