type     socket_filter
unprivileged
prog     call bpf_jiffies64; r0 = 0; exit
verdict  reject EINVAL
log      program of this type cannot use helper bpf_jiffies64#118
