type     kprobe
flags    16
license  GPL
prog     call bpf_preempt_disable
         r1 = r10; r1 += -8; r2 = 8; r3 = 0; call bpf_copy_from_user
         call bpf_preempt_enable
         r0 = 0; exit
verdict  reject EINVAL
log      sleepable helper bpf_copy_from_user#148 in non-preemptible region
log exact
