type     socket_filter
map      r prog_array key=4 value=4 entries=1
prog     *(u64 *)(r10 -8) = 0
         r2 = r10; r2 += -8; r1 = map r
         call bpf_map_lookup_elem; r0 = 0; exit
verdict  reject EINVAL
log      cannot pass map_type 3 into func bpf_map_lookup_elem#1
