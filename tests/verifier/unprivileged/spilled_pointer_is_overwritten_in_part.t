type     socket_filter
unprivileged
prog     *(u64 *)(r10 -8) = r1; *(u8 *)(r10 -7) = 0; r0 = 0; exit
verdict  reject EACCES
log      attempt to corrupt spilled
