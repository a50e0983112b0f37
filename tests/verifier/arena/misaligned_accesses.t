type     syscall
flags    16
license  GPL
map      a arena entries=10 flags=0x400 extra=0x100000000000
prog     r1 = map a; r2 = 3; r2 = addr_space_cast(r2, 0, 1); r1 = 1; lock *(u64 *)(r2 +2) += r1; r0 = *(u64 *)(r2 +1); r3 = *(s32 *)(r2 +1); exit
verdict  accept
log exact
