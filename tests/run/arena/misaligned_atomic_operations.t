type     syscall
flags    16
license  GPL
map      a arena entries=10 flags=0x400 extra=0x100000000000
prog     r1 = map a; r2 = 0; r3 = 1; r4 = -1; r5 = 0; call bpf_arena_alloc_pages
         r6 = addr_space_cast(r0, 0, 1); r7 = 5
         lock *(u64 *)(r6 +3) += r7; r8 = 6; r8 = atomic64_fetch_add((u64 *)(r6 +3), r8)
         r9 = load_acquire((u32 *)(r6 +3)); r0 = *(u64 *)(r6 +3); r0 += r8; r0 += r9; exit
verdict  accept
run      return=27
