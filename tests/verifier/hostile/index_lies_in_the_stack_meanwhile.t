type     xdp
license  GPL
map      m array key=4 value=64 entries=1
prog     r6 = *(u32 *)(r1 +12)
         r8 = 1000
         if r6 > 5 goto meet
         r8 = 3
   meet: *(u64 *)(r10 -8) = r8
         r0 = 0; r1 = 0; r2 = 0; r3 = 0; r4 = 0; r5 = 0; r0 = 0; r0 = 0
         goto a
      a: goto b
      b: r2 = *(u64 *)(r10 -8)
         r1 = map m[0]+0; r1 += r2
         r0 = *(u8 *)(r1 +0)
         r0 = 2; exit
verdict  reject EACCES
log      invalid access to map value, value_size=64 off=1000 size=1
