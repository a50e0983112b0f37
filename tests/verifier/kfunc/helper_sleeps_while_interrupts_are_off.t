type     kprobe
flags    16
license  GPL
prog     r1 = r10; r1 += -16; call bpf_local_irq_save
         r1 = r10; r1 += -8; r2 = 8; r3 = 0; call bpf_copy_from_user
         r1 = r10; r1 += -16; call bpf_local_irq_restore
         r0 = 0; exit
verdict  reject EINVAL
log      sleepable helper bpf_copy_from_user#148 in IRQ-disabled region
log exact
