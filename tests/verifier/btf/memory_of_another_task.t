type     kprobe
flags    16
license  GPL
prog     call bpf_get_current_task_btf
         r4 = r0; r1 = r10; r1 += -8; r2 = 8; r3 = 0; r5 = 0; call bpf_copy_from_user_task
         r0 = 0; exit
verdict  accept
log exact
