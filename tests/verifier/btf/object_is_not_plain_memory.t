# A helper that writes into the memory that it is given.
type     kprobe
license  GPL
prog     call bpf_get_current_task_btf
         r1 = r0; r2 = 16; call bpf_get_current_comm
         r0 = 0; exit
verdict  reject EACCES
log exact
