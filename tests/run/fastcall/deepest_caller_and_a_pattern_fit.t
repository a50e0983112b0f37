type     sched_cls
prog     r1 = 42; *(u64 *)(r10 - 512) = r1; call inner
         r1 = *(u64 *)(r10 - 512); r0 += r1; exit
  inner: *(u64 *)(r10 - 8) = r1; call bpf_get_smp_processor_id; r1 = *(u64 *)(r10 - 8)
         r0 = r1; exit
verdict  accept
level    4
log      stack depth 512+0
run      data=00*64 return=84
