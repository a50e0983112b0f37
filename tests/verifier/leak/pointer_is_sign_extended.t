# allowed with CAP_PERFMON; the result is a number
type     socket_filter
prog     r2 = r10; r2 = (s8)r2
         r0 = 0; exit
verdict  accept
