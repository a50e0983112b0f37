type     sched_cls
prog     r1 = 3; *(u64 *)(r10 - 8) = r1
         call bpf_get_smp_processor_id
         r1 = *(u64 *)(r10 - 8); r1 += 1
         *(u64 *)(r10 - 8) = r1
         call bpf_get_prandom_u32
         r1 = *(u64 *)(r10 - 8)
         r0 = r1; exit
verdict  accept
level    4
log      stack depth 8
run      data=00*64 return=4
