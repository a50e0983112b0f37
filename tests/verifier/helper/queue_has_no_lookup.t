type     xdp
map      q queue value=8 entries=4
prog     *(u64 *)(r10 -8) = 7
         r1 = map q; r2 = r10; r2 += -8
         call bpf_map_lookup_elem
         exit
verdict  reject EACCES
