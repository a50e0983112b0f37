type     raw_tracepoint
license  GPL
map      m cgrp_storage key=4 value=8 entries=0 flags=1
prog     call bpf_get_current_task_btf
         r2 = r0; r1 = map m; r3 = 0; r4 = 1
         call bpf_cgrp_storage_get
         r0 = 0; exit
verdict  reject EACCES
log      R2 is of type task_struct but cgroup is expected
