type     xdp
map      c cpumap key=4 value=4 entries=4
prog     *(u32 *)(r10 -4) = 0
         r2 = r10; r2 += -4; r1 = map c
         call bpf_map_lookup_elem
         r0 = 1; exit
verdict  reject EINVAL
log      cannot pass map_type 16 into func bpf_map_lookup_elem#1
