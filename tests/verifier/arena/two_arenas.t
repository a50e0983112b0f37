type     syscall
flags    16
license  GPL
map      a arena entries=10 flags=0x400 extra=0x100000000000
map      b arena entries=10 flags=0x400 extra=0x200000000000
prog     r1 = map a; r2 = map b; r0 = 0; exit
verdict  reject EBUSY
log      Only one arena per program
log exact
