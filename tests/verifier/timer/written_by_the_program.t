type     sched_cls
map      t array key=4 value=24 entries=1 timer=0
prog     *(u32 *)(r10 - 4) = 0; r1 = map t; r2 = r10; r2 += -4; call bpf_map_lookup_elem
         if r0 == 0 goto bad
         r1 = 5; *(u64 *)(r0 + 8) = r1
    bad: r0 = 0; exit
verdict  reject EACCES
log      bpf_timer cannot be accessed directly by load/store
