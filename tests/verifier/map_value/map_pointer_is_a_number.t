type     socket_filter
prog     *(u64 *)(r10 -8) = 0
         r2 = r10; r2 += -8; r1 = 5
         call bpf_map_lookup_elem
         r0 = 0; exit
verdict  reject EACCES
log      R1 type=scalar expected=map_ptr
