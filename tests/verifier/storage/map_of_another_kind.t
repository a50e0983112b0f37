type     raw_tracepoint
license  GPL
map      m sk_storage key=4 value=8 entries=0 flags=1
prog     call bpf_get_current_task_btf
         r2 = r0; r1 = map m; r3 = 0; r4 = 1
         call bpf_task_storage_get
         r0 = 0; exit
verdict  reject EINVAL
log      cannot pass map_type 24 into func bpf_task_storage_get#156
