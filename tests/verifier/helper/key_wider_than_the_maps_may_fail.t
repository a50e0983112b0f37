# A key of known value in a spill of its own size makes a look-up in an array safe, in a wider one it does not.
type     socket_filter
map      m array key=4 value=8 entries=2
prog     *(u64 *)(r10 -8) = 1
         r2 = r10; r2 += -8; r1 = map m
         call bpf_map_lookup_elem
         r0 = *(u64 *)(r0 +0); exit
verdict  reject EACCES
log      R0 invalid mem access 'map_value_or_null'
