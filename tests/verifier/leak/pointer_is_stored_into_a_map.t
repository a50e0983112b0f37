# allowed with CAP_PERFMON
type     socket_filter
map      m array key=4 value=8 entries=1
prog     r6 = r1; r1 = map m[0]
         *(u64 *)(r1 +0) = r6
         r0 = 0; exit
verdict  accept
