# Inside, the argument is the kernel's structure of that name, and never null.
type     kprobe
license  GPL
global   f trusted
prog     call bpf_get_current_task_btf
         r1 = r0; call f; r0 = 0; exit
      f: r6 = r1; call bpf_task_pt_regs
         r0 = *(u32 *)(r6 + 0); exit
verdict  accept
log exact
