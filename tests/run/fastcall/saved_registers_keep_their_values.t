type     sched_cls
prog     r1 = 1; r2 = 20; r3 = 300; r4 = 4000; r5 = 50000
         *(u64 *)(r10 - 16) = r1; *(u64 *)(r10 - 24) = r2; *(u64 *)(r10 - 32) = r3; *(u64 *)(r10 - 40) = r4; *(u64 *)(r10 - 48) = r5
         call bpf_get_smp_processor_id
         r5 = *(u64 *)(r10 - 48); r4 = *(u64 *)(r10 - 40); r3 = *(u64 *)(r10 - 32); r2 = *(u64 *)(r10 - 24); r1 = *(u64 *)(r10 - 16)
         if r0 > 1000000 goto bad
         r0 = r1; r0 += r2; r0 += r3; r0 += r4; r0 += r5; exit
    bad: r0 = 0; exit
verdict  accept
level    4
log      stack depth 8
run      data=00*64 return=54321
