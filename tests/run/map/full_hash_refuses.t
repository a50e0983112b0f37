type     socket_filter
map      h hash key=4 value=4 entries=1
put      h 01000000 0a000000
prog     *(u32 *)(r10 -4) = 3; *(u32 *)(r10 -8) = 12
         r1 = map h; r2 = r10; r2 += -4; r3 = r10; r3 += -8; r4 = 0
         call bpf_map_update_elem
         exit
verdict  accept
run      data=00*20 return=-7
