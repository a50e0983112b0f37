type     socket_filter
map      m array key=4 value=16 entries=1
prog     r6 = *(u32 *)(r1 +0)
         r7 = r6
         *(u32 *)(r10 -4) = 0
         r2 = r10; r2 += -4; r1 = map m
         call bpf_map_lookup_elem
         if r0 == 0 goto out
         if r7 > 15 goto out
         r0 += r6
         *(u8 *)(r0 +0) = 1
    out: r0 = 0; exit
verdict  accept
