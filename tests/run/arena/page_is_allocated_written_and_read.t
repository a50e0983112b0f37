type     syscall
flags    16
license  GPL
map      a arena entries=10 flags=0x400 extra=0x100000000000
prog     r1 = map a; r2 = 0; r3 = 2; r4 = -1; r5 = 0; call bpf_arena_alloc_pages
         r6 = addr_space_cast(r0, 0, 1)
         r1 = 0x1122334455667788 ll; *(u64 *)(r6 +8) = r1
         *(u8 *)(r6 +16) = -1; *(u16 *)(r6 +18) = -2; *(u32 *)(r6 +20) = -3
         r0 = *(u32 *)(r6 +12); r2 = *(u8 *)(r6 +8); r0 += r2; r2 = *(u16 *)(r6 +10); r0 += r2
         r2 = *(s8 *)(r6 +16); r0 += r2; r2 = *(s16 *)(r6 +18); r0 += r2; r2 = *(s32 *)(r6 +20); r0 += r2
         exit
verdict  accept
run      return=287476012
