type     xdp
map      b bloom_filter value=8 entries=4
prog     *(u64 *)(r10 -8) = 7
         r1 = map b; r2 = r10; r2 += -8
         call bpf_map_pop_elem
         exit
verdict  reject EINVAL
log      cannot pass map_type 30 into func bpf_map_pop_elem#88
