type     syscall
flags    16
license  GPL
map      a arena entries=10 flags=0x400 extra=0x100000000000
prog     r1 = map a; r2 = 0; r3 = 1; r4 = -1; r5 = 0; call bpf_arena_alloc_pages
         r6 = addr_space_cast(r0, 0, 1)
         r7 = 0x1122334455667788 ll
         *(u64 *)(r6 +4093) = r7; r8 = *(u16 *)(r6 +4093)
         *(u16 *)(r6 +4093) = r7; r9 = *(u64 *)(r6 +4093); r8 += r9
         r9 = *(u16 *)(r6 +4093); r8 += r9
         r1 = map a; r2 = 0; r3 = 1; r4 = -1; r5 = 0; call bpf_arena_alloc_pages
         *(u64 *)(r6 +4093) = r7; r0 = *(u64 *)(r6 +4093); r0 += r8; exit
verdict  accept
run      return=1432809232
