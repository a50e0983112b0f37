type     sched_cls
map      t array key=4 value=16 entries=1 timer=0
prog     *(u32 *)(r10 - 4) = 0; r1 = map t; r2 = r10; r2 += -4; call bpf_map_lookup_elem
         if r0 == 0 goto bad
         r1 = r0; r2 = func later; call bpf_timer_set_callback
    bad: r0 = 0; exit
  later: r6 = r3; call bpf_get_prandom_u32; if r0 s> 5 goto skip; if r0 s> 3 goto skip
   skip: r1 = r6; r2 = func later; call bpf_timer_set_callback
         r0 = 0; exit
verdict  accept
