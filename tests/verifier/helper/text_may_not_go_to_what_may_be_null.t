type     xdp
map      m hash key=8 value=48 entries=1
map      r array key=4 value=8 entries=1 flags=128
put      r 00000000 6162000000000000
freeze   r
prog     *(u64 *)(r10 -8) = 0; r2 = r10; r2 += -8; r1 = map m
         call bpf_map_lookup_elem
         r1 = r0; r2 = 8; r3 = map r[0]+0; r4 = 0; r5 = 0
         call bpf_snprintf
         r0 = 0; exit
verdict  reject EACCES
log      R1 type=map_value_or_null expected=
differs  Linux takes the pointer, which is null where the look-up fails, with a size of 8
