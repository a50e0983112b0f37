type     syscall
flags    16
license  GPL
map      a arena entries=10 flags=0x400 extra=0x100000000000
prog     r1 = map a; r2 = 0; r3 = 1; r4 = -1; r5 = 0; call bpf_arena_alloc_pages
         r6 = addr_space_cast(r0, 0, 1); *(u64 *)(r6 +8) = 0
         *(u64 *)(r10 -8) = r6; r1 = 10; r2 = func round; r3 = r10; r4 = 0; call bpf_loop
         r1 = r6; call leaf; exit
  round: r2 = *(u64 *)(r2 -8); r3 = *(u64 *)(r2 +8); r1 += r3; *(u64 *)(r2 +8) = r1; r0 = 0; exit
   leaf: r1 = addr_space_cast(r1, 0, 1); r0 = *(u64 *)(r1 +8); r2 = 5; *(u32 *)(r1 +12) = r2; r2 = *(u32 *)(r1 +12); r0 += r2; exit
verdict  accept
run      return=50
