type     sched_cls
global   check int
prog     r1 = *(u32 *)(r1 + 0); call check
         r0 += 1; exit
  check: if r1 s> 100 goto bad
         r0 = 0; exit
    bad: r1 += 1000; call bpf_throw
         r0 = 0; exit
verdict  accept
run      data=00*64 return=1
run      data=00*128 return=1128
