type     kprobe
flags    16
license  GPL
prog     call bpf_rcu_read_lock
         r1 = r10; r1 += -8; r2 = 8; r3 = 0; call bpf_copy_from_user
         call bpf_rcu_read_unlock
         r0 = 0; exit
verdict  reject EINVAL
log      sleepable helper bpf_copy_from_user#148 in rcu_read_lock region
log exact
