type     socket_filter
map      t prog_array key=4 value=4 entries=2
prog     r2 = map t; r3 = 5
         call bpf_tail_call
         r0 = 9; exit
verdict  accept
run      data=00*20 return=9
