type     socket_filter
map      m hash key=8 value=8 entries=1
prog     *(u64 *)(r10 -8) = 0
         r2 = r10; r2 += -8; r1 = map m
         call bpf_map_lookup_elem
         r0 += 4
         r0 = 0; exit
verdict  reject EACCES
log      R0 pointer arithmetic on map_value_or_null prohibited, null-check it first
