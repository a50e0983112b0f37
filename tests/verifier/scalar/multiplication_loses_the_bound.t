type     socket_filter
map      m array key=4 value=64 entries=1
prog     r6 = *(u32 *)(r1 +0)
         *(u32 *)(r10 -4) = 0
         r2 = r10; r2 += -4; r1 = map m
         call bpf_map_lookup_elem
         if r0 == 0 goto out
         r6 &= 15; r6 *= 5
         r0 += r6
         *(u8 *)(r0 +0) = 1
    out: r0 = 0; exit
verdict  reject EACCES
log      invalid access to map value, value_size=64 off=75 size=1
log      R0 max value is outside of the allowed memory range
