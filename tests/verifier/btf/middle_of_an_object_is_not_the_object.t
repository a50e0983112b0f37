type     kprobe
license  GPL
prog     call bpf_get_current_task_btf
         r1 = r0; r1 += 8; call bpf_task_pt_regs
         r0 = 0; exit
verdict  reject EACCES
log      is of type task_struct but task_struct is expected
log exact
