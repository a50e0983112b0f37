type     syscall
flags    16
license  GPL
prog     r1 = addr_space_cast(r1, 0, 1); r0 = 0; exit
verdict  reject EINVAL
log      addr_space_cast insn can only be used in a program that has an associated arena
log exact
