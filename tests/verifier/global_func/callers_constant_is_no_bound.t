# The only caller passes a good index; the prototype allows any.
type     socket_filter
map      m array key=4 value=8 entries=1
global   load int
prog     r1 = 0; call load
         r0 = 0; exit
   load: r2 = map m[0]; r2 += r1; r0 = *(u8 *)(r2 +0); exit
verdict  reject EINVAL
log      Validating load() func#1...
