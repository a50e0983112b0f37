type     socket_filter
prog     call pc+7; r0 = 0; exit
verdict  reject EINVAL
log      call to invalid destination
