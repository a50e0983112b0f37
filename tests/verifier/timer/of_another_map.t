type     sched_cls
map      t array key=4 value=24 entries=1 timer=0
map      u array key=4 value=24 entries=1 timer=0
prog     *(u32 *)(r10 - 4) = 0; r1 = map t; r2 = r10; r2 += -4; call bpf_map_lookup_elem
         if r0 == 0 goto bad
         r1 = r0; r2 = map u; r3 = 1; call bpf_timer_init
    bad: r0 = 0; exit
verdict  reject EINVAL
log      timer pointer in R1 map_uid=0 doesn't match map pointer in R2 map_uid=0
