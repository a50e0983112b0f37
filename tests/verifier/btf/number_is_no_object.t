type     kprobe
license  GPL
prog     r1 = 0; call bpf_task_pt_regs
         r0 = 0; exit
verdict  reject EACCES
log      R1 type=scalar expected=ptr_, trusted_ptr_, rcu_ptr_
log exact
