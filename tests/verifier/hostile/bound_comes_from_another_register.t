type     xdp
license  GPL
map      m array key=4 value=64 entries=1
prog     r6 = *(u32 *)(r1 +12); r7 = *(u32 *)(r1 +16)
         r8 = 1000
         if r6 > 5 goto meet
         r8 = 3
   meet: r0 = 0; r1 = 0; r2 = 0; r3 = 0; r4 = 0; r5 = 0; r0 = 0; r0 = 0
         goto a
      a: goto b
      b: if r7 > r8 goto out
         r1 = map m[0]+0; r1 += r7
         r0 = *(u8 *)(r1 +0)
    out: r0 = 2; exit
verdict  reject EACCES
log      R1 max value is outside of the allowed memory range
