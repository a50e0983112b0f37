type     kprobe
license  GPL
global   f untrusted
prog     r1 = 77; call f; r0 = 0; exit
      f: r0 = *(u32 *)(r1 + 0); exit
verdict  accept
log exact
