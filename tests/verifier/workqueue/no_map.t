type     sched_cls
map      t array key=4 value=24 entries=1 wq=0
prog     *(u32 *)(r10 - 4) = 0; r1 = map t; r2 = r10; r2 += -4; call bpf_map_lookup_elem
         if r0 == 0 goto bad
         r1 = r0; r2 = r10; r2 += -4; r3 = 0; call bpf_wq_init
    bad: r0 = 0; exit
verdict  reject EINVAL
log      pointer in R2 isn't map pointer
