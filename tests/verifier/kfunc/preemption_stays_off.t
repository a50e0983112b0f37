type     kprobe
license  GPL
prog     call bpf_preempt_disable
         r0 = 0; exit
verdict  reject EINVAL
log      BPF_EXIT instruction in main prog cannot be used inside bpf_preempt_disable-ed region
log exact
