type     syscall
flags    16
license  GPL
map      a arena entries=10 flags=0x400 extra=0x100000000000
prog     r1 = map a; r2 = 0; r3 = 3; r4 = -1; r5 = 0; call bpf_arena_alloc_pages
         r7 = r0; r6 = addr_space_cast(r0, 0, 1); *(u64 *)(r6 +4096) = 77
         r1 = map a; r2 = r7; r2 += 4096; r3 = 1; call bpf_arena_free_pages
         *(u64 *)(r6 +4096) = 78; r8 = *(u64 *)(r6 +4096)
         r1 = map a; r2 = 0; r3 = 1; r4 = -1; r5 = 0; call bpf_arena_alloc_pages
         r0 -= r7; r0 += r8; r1 = *(u64 *)(r6 +4096); r0 += r1; exit
verdict  accept
run      return=4096
