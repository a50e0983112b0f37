type     socket_filter
map      m array key=4 value=16 entries=1
prog     r6 = *(u32 *)(r1 +0)
         *(u32 *)(r10 -4) = 0
         r2 = r10; r2 += -4; r1 = map m
         call bpf_map_lookup_elem
         if r0 == 0 goto out
         if w6 > 15 goto out
         r0 += r6
         *(u8 *)(r0 +0) = 1
    out: r0 = 0; exit
verdict  accept
run      data=00*80 return=0
run      data=00*29 return=0
expect   m 00000000 00*15.01
