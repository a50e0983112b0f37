type     kprobe
license  GPL
prog     call bpf_get_current_task_btf
         r1 = r0; r2 = 0; r3 = func cb; r4 = 0; r5 = 0
         call bpf_find_vma
         r0 = 0; exit
     cb: r0 = 0; *(u64 *)(r2 + 0) = r0; exit
verdict  reject EACCES
log      only read is supported
