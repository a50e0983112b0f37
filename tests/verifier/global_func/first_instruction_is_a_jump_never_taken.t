type     socket_filter
global   seven int
prog     r1 = 5; call seven
         exit
  seven: if r1 & 0 goto out; r0 = 7; exit
    out: r0 = 1; exit
verdict  accept
run      data=00*14 return=7
