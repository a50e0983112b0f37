type     syscall
flags    16
license  GPL
map      a arena entries=10 flags=0x400 extra=0x100000000000
prog     r1 = map a; r2 = 0; r3 = 10; r4 = -1; r5 = 0; call bpf_arena_alloc_pages
         r6 = r0
         r1 = map a; r2 = r6; r2 += 4096; r3 = 3; call bpf_arena_free_pages
         r1 = map a; r2 = r6; r2 += 28672; r3 = 1; call bpf_arena_free_pages
         r1 = map a; r2 = 0; r3 = 1; r4 = -1; r5 = 0; call bpf_arena_alloc_pages
         r7 = r0; r7 -= r6; r1 = map a; r2 = 0; r3 = 4; r4 = -1; r5 = 0; call bpf_arena_alloc_pages; r7 += r0
         r1 = map a; r2 = r6; r2 += 4096; r3 = 1; call bpf_arena_reserve_pages; r7 += r0
         r1 = map a; r2 = r6; r2 += 4096; r3 = 2; call bpf_arena_reserve_pages; r7 += r0
         r1 = map a; r2 = r6; r2 += 40960; r3 = 1; call bpf_arena_reserve_pages; r7 += r0
         r1 = map a; r2 = 0; r3 = 1; r4 = -1; r5 = 0; call bpf_arena_alloc_pages
         r0 -= r6; r0 += r7; exit
verdict  accept
run      return=36826
