# That the null is exact matters here (Linux does not mark it as precise).
type     kprobe
license  GPL
global   f or_null
prog     r1 = 0; call f
         call bpf_get_current_task_btf; r1 = r0; call f; r0 = 0; exit
      f: if r1 == 0 goto out
         call bpf_task_pt_regs
    out: r0 = 0; exit
verdict  accept
