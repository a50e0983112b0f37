type     sched_cls
license  GPL
prog     r1 = *(u64 *)(r1 + 168)
         if r1 == 0 goto out
         call bpf_skc_to_unix_sock
         r0 = *(u64 *)(r0 + 0)
    out: r0 = 0; exit
verdict  reject EACCES
log      R0 invalid mem access 'ptr_or_null_'
log exact
