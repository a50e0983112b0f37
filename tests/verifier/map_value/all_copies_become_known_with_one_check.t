type     socket_filter
map      m array key=4 value=8 entries=1
put      m 00000000 2a00000000000000
prog     *(u32 *)(r10 -4) = 0
         r2 = r10; r2 += -4; r1 = map m
         call bpf_map_lookup_elem
         r6 = r0; *(u64 *)(r10 -16) = r0
         if r0 == 0 goto out
         r1 = *(u64 *)(r10 -16)
         r0 = *(u64 *)(r6 +0)
         r2 = *(u64 *)(r1 +0)
         r0 += r2
    out: exit
verdict  accept
run      data=00*20 return=84
