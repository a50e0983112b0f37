type     sched_cls
prog     *(u64 *)(r10 - 8) = 0; r1 = r10; r1 += -8; call bpf_res_spin_lock
         r0 = 1; exit
verdict  reject EINVAL
log      arg#0 doesn't point to map value or allocated object
