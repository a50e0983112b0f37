# allowed with CAP_PERFMON
type     socket_filter
prog     r0 = r10; exit
verdict  accept
