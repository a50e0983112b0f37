type     tracing
attach   23
target   btf_trace_task_newtask
license  GPL
prog     r2 = r10; r2 += -8; r3 = 8; r1 = *(u64 *)(r1 + 0); call bpf_d_path
         r0 = 0; exit
verdict  reject EINVAL
log      helper call is not allowed in probe
log exact
