type     raw_tracepoint
license  GPL
map      m task_storage key=4 value=8 entries=0 flags=1
prog     call bpf_get_current_task_btf
         r2 = r0; r1 = map m; r3 = 0; r4 = 1
         call bpf_task_storage_get
         if r0 == 0 goto none
         r0 = *(u64 *)(r0 +8)
   none: r0 = 0; exit
verdict  reject EACCES
log      invalid access to map value, value_size=8 off=8 size=8
