type     socket_filter
unprivileged
map      m array key=4 value=48 entries=1
prog     r1 = map m[0]; r2 = *(u64 *)(r1 +0); if r2 s> 8 goto out; if r2 s< -8 goto out
         r1 += r2
    out: r0 = 0; exit
verdict  reject EACCES
log      R2 has unknown scalar with mixed signed bounds, pointer arithmetic with it prohibited for !root
