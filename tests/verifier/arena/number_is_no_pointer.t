type     syscall
flags    16
license  GPL
map      a arena entries=10 flags=0x400 extra=0x100000000000
prog     r1 = map a; r2 = 8; r0 = *(u64 *)(r2 +0); exit
verdict  reject EACCES
log      R2 invalid mem access 'scalar'
log exact
