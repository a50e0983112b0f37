type     kprobe
prog     r1 = r10; r1 += -8; r2 = 8; r3 = 0
         call bpf_copy_from_user
         r0 = 0; exit
verdict  reject EINVAL
log      helper call might sleep in a non-sleepable prog
