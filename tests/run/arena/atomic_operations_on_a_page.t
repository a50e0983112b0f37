type     syscall
flags    16
license  GPL
map      a arena entries=10 flags=0x400 extra=0x100000000000
prog     r1 = map a; r2 = 0; r3 = 1; r4 = -1; r5 = 0; call bpf_arena_alloc_pages
         r6 = addr_space_cast(r0, 0, 1)
         r1 = 3; lock *(u64 *)(r6 +0) += r1; lock *(u32 *)(r6 +4) += r1
         r1 = 5; r1 = atomic64_fetch_add((u64 *)(r6 +0), r1)
         r2 = 12; lock *(u64 *)(r6 +0) |= r2; r2 = 10; lock *(u32 *)(r6 +0) &= r2; r2 = 3; lock *(u64 *)(r6 +0) ^= r2
         r3 = 100; r3 = atomic_xchg((u32 *)(r6 +0), r3)
         r0 = 100; r4 = 7; r0 = atomic_cmpxchg((u32 *)(r6 +0), r0, r4)
         r5 = r0; r0 = 1; r0 = atomic64_cmpxchg((u64 *)(r6 +8), r0, r4); r5 += r0
         store_release((u16 *)(r6 +32), r4); r0 = load_acquire((u8 *)(r6 +32)); r5 += r0
         r0 = *(u64 *)(r6 +0); r0 += r5; r0 += r3; r1 >>= 32; r0 += r1; exit
verdict  accept
run      return=128
