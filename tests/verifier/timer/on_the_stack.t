type     sched_cls
prog     *(u64 *)(r10 - 16) = 0; *(u64 *)(r10 - 8) = 0
         r1 = r10; r1 += -16; r2 = 0; r3 = 0; call bpf_timer_start
         r0 = 0; exit
verdict  reject EACCES
log      R1 type=fp expected=map_value
