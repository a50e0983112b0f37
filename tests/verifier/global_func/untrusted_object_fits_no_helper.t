type     kprobe
license  GPL
global   f untrusted
prog     r1 = 77; call f; r0 = 0; exit
      f: call bpf_task_pt_regs; r0 = 0; exit
verdict  reject EACCES
log      R1 type=untrusted_ptr_ expected=ptr_, trusted_ptr_, rcu_ptr_
log exact
