type     socket_filter
map      t array key=4 value=4 entries=2
prog     r2 = map t; r3 = 0
         call bpf_tail_call
         r0 = 1; exit
verdict  reject EINVAL
log      expected prog array map for tail call
