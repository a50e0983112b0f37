type     socket_filter
prog     r0 = 0; call bpf_redirect; exit
verdict  reject EINVAL
log      program of this type cannot use helper bpf_redirect#23
