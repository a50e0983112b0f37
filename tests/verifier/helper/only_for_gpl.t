type     raw_tracepoint
license  Proprietary
prog     r1 = r10; r1 += -8; *(u64 *)(r10 -8) = 0; r2 = 1
         call bpf_trace_printk; r0 = 0; exit
verdict  reject EINVAL
log      cannot call GPL-restricted function from non-GPL compatible program
