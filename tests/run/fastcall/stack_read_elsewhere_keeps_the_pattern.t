type     sched_cls
prog     r1 = 42; *(u64 *)(r10 - 8) = r1
         call bpf_get_smp_processor_id
         r1 = *(u64 *)(r10 - 8)
         r2 = r10; r2 += -8; r1 = *(u64 *)(r2 + 0); r0 = r1; exit
verdict  accept
level    4
log      stack depth 8
run      data=00*64 return=42
