type     socket_filter
map      m array key=4 value=8 entries=1
put      m 00000000 05.00*7
prog     r1 = map m[0]
         r2 = 3; r2 = atomic64_fetch_add((u64 *)(r1 +0), r2)
         r3 = 6; r3 = atomic64_fetch_xor((u64 *)(r1 +0), r3)
         r4 = 9; lock *(u64 *)(r1 +0) |= r4
         r0 = r2; r0 *= 100; r0 += r3; exit
verdict  accept
run      data=00*20 return=508
expect   m 00000000 0f.00*7
