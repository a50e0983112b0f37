type     socket_filter
map      h hash key=4 value=4 entries=4
put      h 01000000 0a000000
put      h 02000000 0b000000
prog     *(u32 *)(r10 -4) = 3; *(u32 *)(r10 -8) = 12
         r1 = map h; r2 = r10; r2 += -4; r3 = r10; r3 += -8; r4 = 0
         call bpf_map_update_elem
         *(u32 *)(r10 -4) = 1
         r1 = map h; r2 = r10; r2 += -4
         call bpf_map_delete_elem
         exit
verdict  accept
run      data=00*20 return=0
expect   h 02000000 0b000000
expect   h 03000000 0c000000
