type     syscall
flags    16
license  GPL
map      a arena entries=10 flags=0x400 extra=0x100000000000
prog     r1 = map a[0]+16; r1 = addr_space_cast(r1, 0, 1); r0 = *(u32 *)(r1 +0); r2 = 0 ; exit
verdict  accept
log exact
