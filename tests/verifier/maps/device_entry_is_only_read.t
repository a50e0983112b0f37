type     xdp
map      d devmap key=4 value=8 entries=4
prog     *(u32 *)(r10 -4) = 0
         r2 = r10; r2 += -4; r1 = map d
         call bpf_map_lookup_elem
         if r0 == 0 goto out
         r1 = *(u32 *)(r0 +0)
         *(u32 *)(r0 +0) = 1
    out: r0 = 1; exit
verdict  reject EACCES
log      write into map forbidden
