type     kprobe
license  GPL
global   f or_null
prog     r1 = 0; call f; r0 = 0; exit
      f: r0 = *(u32 *)(r1 + 0); exit
verdict  reject EACCES
log      R1 invalid mem access 'trusted_ptr_or_null_'
