type     sched_cls
map      m array key=4 value=16 entries=1 lock=0
prog     r1 = map m[0]+0; call bpf_spin_lock
         r1 = map m[0]+8; *(u64 *)(r1 +0) = 5
         r1 = map m[0]+0; call bpf_spin_unlock
         r0 = 0; exit
verdict  accept
run      data=00*20 return=0
expect   m 00000000 00*8.05.00*7
