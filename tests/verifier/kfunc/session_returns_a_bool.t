type     kprobe
attach   56
license  GPL
prog     r0 = 2; exit
verdict  reject EINVAL
log exact
