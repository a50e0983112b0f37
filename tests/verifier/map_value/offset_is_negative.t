type     socket_filter
map      m hash key=8 value=8 entries=1
prog     *(u64 *)(r10 -8) = 0
         r2 = r10; r2 += -8; r1 = map m
         call bpf_map_lookup_elem
         if r0 == 0 goto out
         r0 += -4
         *(u32 *)(r0 +0) = 0
    out: r0 = 0; exit
verdict  reject EACCES
log      invalid access to map value, value_size=8 off=-4 size=4
