# What a pointer in an object of the kernel's leads to may be null, so the comparison decides something.
type     kprobe
license  GPL
prog     call bpf_get_current_task_btf
         r1 = r0; call bpf_task_pt_regs
         if r0 == 0 goto bad
         r0 = 0; exit
    bad: r0 = r5; exit
verdict  reject EACCES
log      R5 !read_ok
