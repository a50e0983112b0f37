type     raw_tracepoint
license  GPL
map      m task_storage key=4 value=8 entries=0 flags=1
prog     *(u64 *)(r10 -8) = 0; r1 = map m; r2 = r10; r2 += -8
         call bpf_map_lookup_elem
         r0 = 0; exit
verdict  reject EINVAL
log      cannot pass map_type 29 into func bpf_map_lookup_elem#1
