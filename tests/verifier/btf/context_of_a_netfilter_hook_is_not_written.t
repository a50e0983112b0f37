type     32
attach   45
license  GPL
prog     *(u64 *)(r1 + 0) = r1
         r0 = 1; exit
verdict  reject EACCES
log exact
