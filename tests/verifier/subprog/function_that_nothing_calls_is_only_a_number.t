type     xdp
prog     r2 = func body
         r0 = 1; exit
   body: r0 = 0; exit
verdict  accept
