# A helper's callback runs to its end; the function around it throws.
type     sched_cls
prog     *(u64 *)(r10 - 8) = 0; r1 = 4; r2 = func add; r3 = r10; r3 += -8; r4 = 0
         call bpf_loop
         r1 = *(u64 *)(r10 - 8); call throws; r0 = 1; exit
 throws: r1 += 1; call bpf_throw; r0 = 2; exit
    add: r3 = *(u64 *)(r2 + 0); r3 += r1; *(u64 *)(r2 + 0) = r3; r0 = 0; exit
verdict  accept
run      data=00*64 return=7
