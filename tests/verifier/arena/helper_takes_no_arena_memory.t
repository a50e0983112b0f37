type     syscall
flags    16
license  GPL
map      a arena entries=10 flags=0x400 extra=0x100000000000
prog     r1 = map a; r2 = 8; r2 = addr_space_cast(r2, 0, 1); r1 = r10; r1 += -8; *(u64 *)(r1 +0) = 0; r1 = r2; r2 = 8; call bpf_get_current_comm; r0 = 0; exit
verdict  reject EACCES
log      R1 type=arena expected=fp
log exact
