type     kprobe
map      t array key=4 value=24 entries=1 timer=0
prog     *(u32 *)(r10 - 4) = 0; r1 = map t; r2 = r10; r2 += -4; call bpf_map_lookup_elem
         r0 = 0; exit
verdict  reject EINVAL
log      tracing progs cannot use bpf_timer yet
