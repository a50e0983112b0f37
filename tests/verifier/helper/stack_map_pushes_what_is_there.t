type     xdp
map      q stack value=8 entries=4
prog     r1 = map q; r2 = r10; r2 += -16; r3 = 0
         call bpf_map_push_elem
         exit
verdict  accept
