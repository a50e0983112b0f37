type     xdp
map      m array key=4 value=16 entries=1 lock=4
prog     r6 = *(u32 *)(r1 +12); r6 &= 4
         *(u32 *)(r10 -4) = 0; r2 = r10; r2 += -4; r1 = map m; call bpf_map_lookup_elem
         if r0 == 0 goto out
         r0 += r6; *(u32 *)(r0 +0) = 1
    out: r0 = 0; exit
verdict  reject EACCES
log      bpf_spin_lock cannot be accessed directly by load/store
