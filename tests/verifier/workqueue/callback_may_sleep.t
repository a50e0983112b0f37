type     sched_cls
map      t array key=4 value=24 entries=1 wq=0
prog     *(u32 *)(r10 - 4) = 0; r1 = map t; r2 = r10; r2 += -4; call bpf_map_lookup_elem
         if r0 == 0 goto bad
         r1 = r0; r2 = func later; r3 = 0; call bpf_wq_set_callback_impl
    bad: r0 = 0; exit
  later: r1 = r10; r1 += -8; r2 = 8; r3 = 0; call bpf_copy_from_user
         r0 = 0; exit
verdict  accept
