type     socket_filter
unprivileged
map      m array key=4 value=8 entries=1
prog     r6 = r1; *(u32 *)(r10 -4) = 0; r2 = r10; r2 += -4; r1 = map m; call bpf_map_lookup_elem
         if r0 == 0 goto out
         *(u64 *)(r0 +0) = r6
    out: r0 = 0; exit
verdict  reject EACCES
log      R6 leaks addr into map
