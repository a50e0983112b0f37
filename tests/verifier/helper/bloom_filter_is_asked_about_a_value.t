type     socket_filter
map      b bloom_filter value=8 entries=4
prog     r1 = map b; r2 = r10; r2 += -8
         call bpf_map_peek_elem
         r0 = *(u64 *)(r10 -8)
         exit
verdict  accept
