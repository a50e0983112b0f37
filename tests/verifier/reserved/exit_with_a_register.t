type     socket_filter
prog     r0 = 0
         raw 0x95 1 0 0 0
verdict  reject EINVAL
log      BPF_EXIT uses reserved fields
