type     syscall
flags    16
license  GPL
map      a arena entries=10 flags=0x400 extra=0x100000000000
prog     r1 = map a; r2 = 0; r3 = 2; r4 = -1; r5 = 0; call bpf_arena_alloc_pages
         r6 = addr_space_cast(r0, 0, 1); r6 += 4104; r7 = addr_space_cast(r6, 1, 0)
         r7 -= r0; r8 = 0; r8 = addr_space_cast(r8, 1, 0); r7 += r8
         r8 = 0x700000000000 ll; r8 = addr_space_cast(r8, 1, 0); r7 += r8
         r0 >>= 32; r0 += r7; exit
verdict  accept
run      return=8200
