type     socket_filter
prog     r3 = 5; call bpf_get_prandom_u32; r0 = r3; exit
verdict  reject EACCES
log      R3 !read_ok
