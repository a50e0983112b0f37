# One walk for any number: the callers' constants are not known in it, nor its result in them.
type     socket_filter
global   twice int
prog     r6 = r1; r1 = 3; call twice
         r0 &= 7; exit
  twice: r0 = r1; r0 += r1; exit
verdict  accept
log      Func#1 ('twice') is global and assumed valid.
log      Validating twice() func#1...
log      Func#1 ('twice') is safe for any args that match its prototype
run      data=00*14 return=6
