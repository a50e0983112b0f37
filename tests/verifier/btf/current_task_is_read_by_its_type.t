# bpf_get_current_task_btf gives an object that may be followed and given to helpers; it is never null.
type     kprobe
license  GPL
prog     call bpf_get_current_task_btf; r6 = r0
         r1 = *(u64 *)(r6 + 0)
         r1 = r6; call bpf_task_pt_regs
         r0 = *(u64 *)(r0 + 0)
         r0 = 0; exit
verdict  accept
log exact
