type     socket_filter
global   six int int int int int int
prog     r1 = 1; r2 = 1; r3 = 1; r4 = 1; r5 = 1; call six
         exit
    six: r0 = 0; exit
verdict  reject EINVAL
log      Global function six() with 6 > 5 args. Buggy compiler.
