type     kprobe
license  GPL
global   f int
prog     call bpf_preempt_disable
         r1 = 0; call f
         call bpf_preempt_enable
         r0 = 0; exit
      f: r0 = 0; exit
verdict  accept
log exact
