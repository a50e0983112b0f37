# What belongs to the task that calls stays from run to run.
type     raw_tracepoint
license  GPL
map      m task_storage key=4 value=8 entries=0 flags=1
prog     call bpf_get_current_task_btf
         r2 = r0; r1 = map m; r3 = 0; r4 = 1
         call bpf_task_storage_get
         if r0 == 0 goto none
         r1 = *(u64 *)(r0 +0); r1 += 5; *(u64 *)(r0 +0) = r1
         r0 = r1; exit
   none: r0 = 77; exit
verdict  accept
run      ctx=00*8 return=5
run      ctx=00*8 return=10
