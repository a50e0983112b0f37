type     socket_filter
map      t prog_array key=4 value=4 entries=2
callee   t 1 r0 = 77; exit
prog     r2 = map t; r3 = 1
         call bpf_tail_call
         r0 = 1; exit
verdict  accept
run      data=00*20 return=77
