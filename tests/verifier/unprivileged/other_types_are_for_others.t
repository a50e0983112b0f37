type     xdp
unprivileged
prog     r0 = 0; exit
verdict  reject EPERM
