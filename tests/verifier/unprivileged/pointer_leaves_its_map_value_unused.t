type     socket_filter
unprivileged
map      m array key=4 value=8 entries=1
prog     r1 = map m[0]; r1 += 8; r0 = 0; exit
verdict  reject EACCES
log      R1 pointer arithmetic of map value goes out of range, prohibited for !root
