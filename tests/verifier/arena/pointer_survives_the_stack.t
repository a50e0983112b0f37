type     syscall
flags    16
license  GPL
map      a arena entries=10 flags=0x400 extra=0x100000000000
prog     r1 = map a; r2 = 8; r2 = addr_space_cast(r2, 0, 1); *(u64 *)(r10 -8) = r2; r3 = *(u64 *)(r10 -8); r0 = *(u64 *)(r3 +0); exit
verdict  accept
log exact
