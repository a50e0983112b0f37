type     xdp
map      b bloom_filter value=8 entries=4
prog     *(u64 *)(r10 -8) = -16
         r1 = map b; r2 = r10; r2 += -8
         call bpf_map_peek_elem
         r6 = *(u64 *)(r10 -8)
         r6 += r10
         *(u8 *)(r6 +0) = 1
         r0 = 0
         exit
verdict  accept
