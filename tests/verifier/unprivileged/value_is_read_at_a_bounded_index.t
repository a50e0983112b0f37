type     socket_filter
unprivileged
map      m array key=4 value=48 entries=1
prog     r1 = map m[0]; r2 = *(u8 *)(r1 +0); r2 &= 7; r1 += r2; r0 = *(u8 *)(r1 +0); exit
verdict  accept
run      data=00*14 return=0
