type     socket_filter
unprivileged
prog     r2 = r10; if r1 == r2 goto out; r0 = 1
    out: r0 = 0; exit
verdict  reject EACCES
log      R2 pointer comparison prohibited
