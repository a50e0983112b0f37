type     sched_cls
global   f dynptr
prog     r1 = 0; call f; r0 = 0; exit
      f: r0 = 0; exit
verdict  reject EINVAL
log      arg#0 expected pointer to stack or const struct bpf_dynptr
log exact
