type     sched_cls
map      m array key=4 value=16 entries=1 lock=0
prog     r1 = map m[0]+0; call bpf_spin_lock
         call f; r0 = 0; exit
      f: r1 = map m[0]+0; call bpf_spin_unlock
         r0 = 0; exit
verdict  accept
