type     xdp
map      m hash key=8 value=48 entries=1
prog     *(u64 *)(r10 -8) = 0; r2 = r10; r2 += -8; r1 = map m
         call bpf_map_lookup_elem
         r1 = r0; r2 = 8; r3 = 0; r4 = 0; r5 = 0
         call bpf_csum_diff
         r0 = 0; exit
verdict  reject EACCES
log      R1 type=map_value_or_null expected=
differs  Linux takes the pointer, which is null where the look-up fails, with a size of 8
