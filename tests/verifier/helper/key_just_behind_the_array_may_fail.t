type     socket_filter
license  GPL
map      m array key=4 value=16 entries=2
prog     *(u32 *)(r10 -8) = 2
         r2 = r10; r2 += -8; r1 = map m
         call bpf_map_lookup_elem
         r0 = *(u8 *)(r0 +0)
         r0 = 0; exit
verdict  reject EACCES
log      R0 invalid mem access 'map_value_or_null'
