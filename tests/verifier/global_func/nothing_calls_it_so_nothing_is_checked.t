# The call is dead code: so is the function.
type     socket_filter
global   bad nonnull=8
prog     r0 = 0; if r0 == 0 goto out; call bad
    out: exit
    bad: r0 = *(u64 *)(r1 +64); exit
verdict  accept
run      data=00*14 return=0
