type     socket_filter
prog     call a; exit
      a: call b; exit
      b: call c; exit
      c: call d; exit
      d: call e; exit
      e: call f; exit
      f: call g; exit
      g: r0 = 3; exit
verdict  accept
run      data=00*20 return=3
