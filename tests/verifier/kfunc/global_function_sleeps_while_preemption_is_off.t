type     kprobe
flags    16
license  GPL
global   f int
prog     call bpf_preempt_disable
         r1 = 0; call f
         call bpf_preempt_enable
         r0 = 0; exit
      f: r1 = r10; r1 += -8; r2 = 8; r3 = 0; call bpf_copy_from_user
         r0 = 0; exit
verdict  reject EINVAL
log      global functions that may sleep are not allowed in non-sleepable context,
log exact
