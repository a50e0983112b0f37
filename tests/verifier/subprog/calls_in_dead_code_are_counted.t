type     socket_filter
prog     r0 = 0
         if r0 != 0 goto dead
         exit
   dead: call a; exit
      a: call b; exit
      b: call c; exit
      c: call d; exit
      d: call e; exit
      e: call f; exit
      f: call g; exit
      g: call h; exit
      h: r0 = 1; exit
verdict  reject E2BIG
log      the call stack of 8 frames is too deep !
