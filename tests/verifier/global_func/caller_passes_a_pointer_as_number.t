type     socket_filter
global   twice int
prog     r1 = r10; call twice
         exit
  twice: r0 = r1; r0 += r1; exit
verdict  reject EINVAL
log      R1 is not a scalar
log      Caller passes invalid args into func#1 ('twice')
