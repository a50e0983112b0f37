type     sched_cls
prog     r1 = *(u64 *)(r1 +168)
         r0 = *(u32 *)(r1 +0); exit
verdict  reject EACCES
log      R1 invalid mem access 'sock_common_or_null'
