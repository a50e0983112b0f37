type     sched_cls
prog     *(u64 *)(r10 - 16) = 0; *(u64 *)(r10 - 8) = 0
         r1 = r10; r1 += -16; r2 = 0; call bpf_wq_start
         r0 = 0; exit
verdict  reject EINVAL
log      arg#0 doesn't point to a map value
