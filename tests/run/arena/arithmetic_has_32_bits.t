type     syscall
flags    16
license  GPL
map      a arena entries=10 flags=0x400 extra=0x100000000000
prog     r1 = map a; r2 = 0; r3 = 1; r4 = -1; r5 = 0; call bpf_arena_alloc_pages
         r6 = addr_space_cast(r0, 0, 1); *(u64 *)(r6 +64) = 5
         r7 = r6; r7 += -8; r7 += 72; r0 = *(u64 *)(r7 +0)
         r8 = r7; r8 -= r6; r0 += r8
         r8 = 64; r8 += r6; r9 = *(u64 *)(r8 +0); r0 += r9
         r7 -= 100; r7 >>= 28; r0 += r7; exit
verdict  accept
run      return=89
