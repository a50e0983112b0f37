type     kprobe
license  GPL
global   f trusted
prog     call bpf_get_current_task_btf; r6 = r0
         call bpf_get_prandom_u32; r0 &= 8
         r1 = r6; r1 += r0; call f; r0 = 0; exit
      f: r0 = 0; exit
verdict  reject EACCES
log exact
