type     xdp
map      m array key=4 value=16 entries=1 lock=4
prog     *(u32 *)(r10 -4) = 0; r2 = r10; r2 += -4; r1 = map m; call bpf_map_lookup_elem
         if r0 == 0 goto out
         r1 = r0; r2 = 8; r3 = 0; call bpf_probe_read_kernel
    out: r0 = 0; exit
verdict  reject EACCES
