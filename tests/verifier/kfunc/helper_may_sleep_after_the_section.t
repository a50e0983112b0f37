type     kprobe
flags    16
license  GPL
prog     call bpf_rcu_read_lock
         call bpf_rcu_read_unlock
         r1 = r10; r1 += -8; r2 = 8; r3 = 0; call bpf_copy_from_user
         r0 = 0; exit
verdict  accept
log exact
