type     raw_tracepoint
map      s sockmap key=4 value=4 entries=4
prog     *(u32 *)(r10 -4) = 0
         r1 = map s; r2 = r10; r2 += -4
         call bpf_map_delete_elem
         r0 = 0; exit
verdict  reject EINVAL
log      cannot update sockmap in this context
log      cannot pass map_type 15 into func bpf_map_delete_elem#3
