type     xdp
map      x xskmap key=4 value=4 entries=4
prog     *(u32 *)(r10 -4) = 0
         r2 = r10; r2 += -4; r1 = map x
         call bpf_map_lookup_elem
         if r0 == 0 goto out
         r0 = *(u32 *)(r0 +4)
    out: r0 = 1; exit
verdict  reject EACCES
log      R0 invalid xdp_sock access off=4 size=4
