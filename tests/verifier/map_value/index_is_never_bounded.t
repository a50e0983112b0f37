type     socket_filter
map      m hash key=8 value=48 entries=1
prog     *(u64 *)(r10 -8) = 0
         r2 = r10; r2 += -8; r1 = map m
         call bpf_map_lookup_elem
         if r0 == 0 goto out
         r1 = *(u32 *)(r0 +0); r0 += r1; r1 = *(u8 *)(r0 +0)
    out: r0 = 0; exit
verdict  reject EACCES
log      R0 unbounded memory access, make sure to bounds check any such access
