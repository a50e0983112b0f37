type     syscall
flags    16
license  GPL
map      a arena entries=10 flags=0x400 extra=0x100000000000
prog     r1 = map a; r6 = 0x1000; r6 = addr_space_cast(r6, 0, 1)
         *(u64 *)(r6 +8) = 7
         r1 = 3; r2 = 4; lock *(u64 *)(r6 +8) += r1
         r0 = 9; r0 = *(u64 *)(r6 +8)
         r3 = 5; r3 = *(s16 *)(r6 -8); r0 += r3
         r3 = 6; r3 = *(u32 *)(r6 +32760); r0 += r3
         r3 = 7; r3 = *(u8 *)(r6 -32768); r0 += r3
         exit
verdict  accept
run      return=0
