type     kprobe
license  GPL
global   f int
prog     r1 = 0; call f
         r0 = 0; exit
      f: call g
         r0 = 0; exit
      g: r1 = r10; r1 += -8; r2 = 8; r3 = 0; call bpf_copy_from_user
         r0 = 0; exit
verdict  reject EINVAL
log      global functions that may sleep are not allowed in non-sleepable context,
log exact
