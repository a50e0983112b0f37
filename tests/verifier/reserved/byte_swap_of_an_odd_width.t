type     socket_filter
prog     r0 = 0
         raw 0xd4 0 0 0 24
         exit
verdict  reject EINVAL
log      BPF_END uses reserved fields
