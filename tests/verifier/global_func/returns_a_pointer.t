type     socket_filter
global   me ctx
prog     call me
         r0 = 0; exit
     me: r0 = r1; exit
verdict  reject EINVAL
log      At subprogram exit the register R0 is not a scalar value (ctx)
