type     socket_filter
map      m hash key=8 value=8 entries=1
prog     *(u64 *)(r10 -8) = 0
         r2 = r10; r2 += -8; r1 = map m
         call bpf_map_lookup_elem
         if r0 == 0 goto out
         *(u8 *)(r0 +8) = 0
    out: r0 = 0; exit
verdict  reject EACCES
log      invalid access to map value, value_size=8 off=8 size=1
log      R0 min value is outside of the allowed memory range
