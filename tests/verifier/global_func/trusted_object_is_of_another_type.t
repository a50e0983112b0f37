type     kprobe
license  GPL
global   f trusted
prog     call bpf_get_current_task_btf
         r1 = r0; call bpf_task_pt_regs
         r1 = r0; call f; r0 = 0; exit
      f: r0 = 0; exit
verdict  reject EACCES
log      R1 is of type pt_regs but task_struct is expected
log exact
