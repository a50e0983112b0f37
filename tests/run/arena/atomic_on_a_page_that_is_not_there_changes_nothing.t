type     syscall
flags    16
license  GPL
map      a arena entries=10 flags=0x400 extra=0x100000000000
prog     r1 = map a; r6 = 0x1000; r6 = addr_space_cast(r6, 0, 1)
         r1 = 3; r1 = atomic64_fetch_add((u64 *)(r6 +0), r1)
         r2 = 4; r2 = atomic64_xchg((u64 *)(r6 +0), r2)
         r3 = 5; r3 = atomic_fetch_add((u32 *)(r6 +0), r3)
         r0 = 6; r4 = 60; r0 = atomic64_cmpxchg((u64 *)(r6 +0), r0, r4)
         r0 *= 10; r0 += r3; r0 *= 10; r0 += r2; r0 *= 10; r0 += r1; exit
verdict  accept
run      return=6543
