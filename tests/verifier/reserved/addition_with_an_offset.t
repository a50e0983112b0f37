type     socket_filter
prog     r0 = 0
         raw 0x07 0 0 1 5
         exit
verdict  reject EINVAL
log      BPF_ALU uses reserved fields
