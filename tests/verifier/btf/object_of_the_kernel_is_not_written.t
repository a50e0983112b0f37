type     kprobe
license  GPL
prog     call bpf_get_current_task_btf
         r1 = 0; *(u64 *)(r0 + 0) = r1
         r0 = 0; exit
verdict  reject EACCES
log      only read is supported
log exact
