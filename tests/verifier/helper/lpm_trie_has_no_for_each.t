type     xdp
map      t lpm_trie key=8 value=8 entries=4 flags=1
prog     r1 = map t; r2 = func cb; r3 = 0; r4 = 0
         call bpf_for_each_map_elem
         r0 = 0; exit
    cb:  r0 = 0; exit
verdict  reject 524
