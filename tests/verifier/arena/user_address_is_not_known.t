type     syscall
flags    16
license  GPL
map      a arena entries=10 flags=0x400
prog     r1 = map a; r0 = 0; exit
verdict  reject EINVAL
log      arena's user address must be set via map_extra or mmap()
log exact
