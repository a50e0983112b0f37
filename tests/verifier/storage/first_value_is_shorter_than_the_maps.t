type     raw_tracepoint
license  GPL
map      m task_storage key=4 value=8 entries=0 flags=1
prog     call bpf_get_current_task_btf
         *(u32 *)(r10 -4) = 0
         r2 = r0; r1 = map m; r3 = r10; r3 += -4; r4 = 1
         call bpf_task_storage_get
         r0 = 0; exit
verdict  reject EINVAL
log      invalid read from stack R3 off=-4 size=8
