type     socket_filter
prog     w0 = w10; exit
verdict  accept
