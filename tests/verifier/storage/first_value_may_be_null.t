# What another look-up has found: without a value, it begins with zeros.
type     raw_tracepoint
license  GPL
map      m task_storage key=4 value=8 entries=0 flags=1
prog     call bpf_get_current_task_btf
         r6 = r0; r2 = r0; r1 = map m; r3 = 0; r4 = 0
         call bpf_task_storage_get
         r3 = r0; r2 = r6; r1 = map m; r4 = 1
         call bpf_task_storage_get
         r0 = 0; exit
verdict  accept
