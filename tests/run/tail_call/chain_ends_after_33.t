type     socket_filter
map      t prog_array key=4 value=4 entries=1
map      n array key=4 value=8 entries=1
callee   t 0 r6 = r1
         r1 = map n[0]; r0 = *(u64 *)(r1 +0); r0 += 1; *(u64 *)(r1 +0) = r0
         r1 = r6; r2 = map t; r3 = 0
         call bpf_tail_call
         r1 = map n[0]; r0 = *(u64 *)(r1 +0); exit
prog     r2 = map t; r3 = 0
         call bpf_tail_call
         r0 = 0; exit
verdict  accept
run      data=00*20 return=33
