type     sched_cls
map      jumps prog_array key=4 value=4 entries=1
callee   jumps 0 r1 = 16; call bpf_throw; r0 = 0; exit
prog     call jumper; r0 += 8; exit
 jumper: r2 = map jumps; r3 = 0; call bpf_tail_call
         r1 = 1; call bpf_throw
         r0 = 10; exit
global   jumper ctx
verdict  accept
run      data=00*64 return=24
