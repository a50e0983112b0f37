type     socket_filter
global   outer int
global   inner int
prog     r1 = 1; call outer
         exit
  outer: call inner
         exit
  inner: r0 = *(u8 *)(r1 +0); exit
verdict  reject EACCES
log      Func#1 ('outer') is global and assumed valid.
log      Validating outer() func#1...
log      Func#2 ('inner') is global and assumed valid.
log      Validating inner() func#2...
log      R1 invalid mem access 'scalar'
