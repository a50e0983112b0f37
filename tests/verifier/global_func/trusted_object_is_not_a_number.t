type     kprobe
license  GPL
global   f trusted
prog     r1 = 0; call f; r0 = 0; exit
      f: r0 = 0; exit
verdict  reject EACCES
log      R1 type=scalar expected=ptr_, trusted_ptr_, rcu_ptr_
log      Caller passes invalid args into func#1 ('f')
log exact
