type     kprobe
license  GPL
prog     call bpf_get_current_task_btf
         r1 = r0; call bpf_this_cpu_ptr
         r0 = 0; exit
verdict  reject EACCES
log      expected=percpu_ptr_, percpu_rcu_ptr_, percpu_trusted_ptr_
log exact
