type     syscall
flags    16
license  GPL
map      a arena entries=10 flags=0x400 extra=0x100000000000
prog     r1 = map a; r2 = 8; r2 = addr_space_cast(r2, 0, 1)
         r2 += 5; r2 += r2; r3 = 0x10000000000 ll; r2 += r3; r2 *= r3; r2 &= -8; r2 <<= 3; r2 s>>= 3; r2 -= 7; r2 |= 1; r2 ^= r3
         r3 = 8; r3 -= r2; r4 = r10; r4 += r2; w4 += w2; r5 = r2; if r5 > 100 goto over; r0 = *(u64 *)(r5 +32767)
         over: r0 = *(s8 *)(r4 -32768); *(u64 *)(r3 +8) = r10; *(u8 *)(r3 +8) = 1; r0 = r2; exit
verdict  accept
log exact
