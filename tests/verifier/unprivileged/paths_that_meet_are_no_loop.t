type     socket_filter
unprivileged
prog     r0 = 0; if r1 == 0 goto a; r0 = 1
      a: if r0 == 0 goto b; r0 = 2
      b: exit
verdict  reject EACCES
log      R1 pointer comparison prohibited
