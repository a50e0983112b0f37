type     xdp
map      m hash key=4 value=16 entries=1
prog     *(u32 *)(r10 -4) = 0; r2 = r10; r2 += -4; r1 = map m; call bpf_map_lookup_elem
         r6 = r0
         r2 = r10; r2 += -4; r1 = map m; call bpf_map_lookup_elem
         if r0 == 0 goto out
         r0 = *(u8 *)(r6 +0)
    out: r0 = 0; exit
verdict  reject EACCES
log      R6 invalid mem access 'map_value_or_null'
