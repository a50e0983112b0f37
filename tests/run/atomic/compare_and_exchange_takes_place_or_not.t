type     socket_filter
map      m array key=4 value=8 entries=1
put      m 00000000 05.00*7
prog     r1 = map m[0]
         r2 = 8
         r0 = 4; r0 = atomic64_cmpxchg((u64 *)(r1 +0), r0, r2)
         r6 = r0
         r0 = 5; r0 = atomic64_cmpxchg((u64 *)(r1 +0), r0, r2)
         r3 = 1; r3 = atomic_xchg((u32 *)(r1 +4), r3)
         r0 += r6; exit
verdict  accept
run      data=00*20 return=10
expect   m 00000000 0800000001000000
