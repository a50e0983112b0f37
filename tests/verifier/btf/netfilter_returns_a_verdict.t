type     32
attach   45
license  GPL
prog     r0 = *(u64 *)(r1 + 0); exit
verdict  reject EINVAL
log exact
