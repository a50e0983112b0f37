# The second way ends at d in the state that the first one left there: so what matters there matters at b.
type     xdp
license  GPL
map      m array key=4 value=64 entries=1
prog     r6 = *(u32 *)(r1 +12); r9 = *(u32 *)(r1 +16); r8 = r9; r8 &= 3
         if r6 > 5 goto two
         goto use
    two: if r9 > 9 goto three
   meet: r0 = 0; r1 = 0; r2 = 0; r3 = 0; r4 = 0; r5 = 0; r0 = 0; r0 = 0
         goto a
      a: goto b
      b: r0 = 0; r1 = 0; r2 = 0; r3 = 0; r4 = 0; r5 = 0; r0 = 0; r0 = 0
         goto use
  three: r8 = 1000; goto meet
    use: r0 = 0; r1 = 0; r2 = 0; r3 = 0; r4 = 0; r5 = 0; r0 = 0; r0 = 0
         goto c
      c: goto d
      d: r1 = map m[0]+0; r1 += r8
         r0 = *(u8 *)(r1 +0)
         r0 = 2; exit
verdict  reject EACCES
log      invalid access to map value, value_size=64 off=1000 size=1
