type     xdp
map      m array key=4 value=64 entries=1
prog     r6 = *(u32 *)(r1 +12)
         if r6 > 5 goto L
         r1 = map m[0]+0
      L: r0 = *(u32 *)(r1 +0)
         r0 = 0; exit
verdict  reject EINVAL
log      same insn cannot be used with different pointers
