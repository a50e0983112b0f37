type     sched_cls
map      t array key=4 value=16 entries=1 timer=0
prog     *(u32 *)(r10 - 4) = 0; r1 = map t; r2 = r10; r2 += -4; call bpf_map_lookup_elem
         if r0 == 0 goto bad
         r1 = r0; r2 = func later; call bpf_timer_set_callback
    bad: r0 = 0; exit
  later: r0 = 1; exit
verdict  reject EINVAL
log      the register R0 has smin=1 smax=1 should have been in [0, 0]
log exact
