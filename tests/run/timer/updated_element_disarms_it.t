type     sched_cls
map      t array key=4 value=24 entries=4 timer=0
map      seen array key=4 value=8 entries=1
prog     *(u32 *)(r10 - 4) = 1; r1 = map t; r2 = r10; r2 += -4; call bpf_map_lookup_elem
         if r0 == 0 goto bad
         r6 = r0
         r1 = r6; r2 = map t; r3 = 0; call bpf_timer_init
         r1 = r6; r2 = func later; call bpf_timer_set_callback
         r1 = r6; r2 = 60000000; r3 = 0; call bpf_timer_start
         if r0 != 0 goto bad
         *(u64 *)(r10 - 32) = 0; *(u64 *)(r10 - 24) = 0; *(u64 *)(r10 - 16) = 9
         r1 = map t; r2 = r10; r2 += -4; r3 = r10; r3 += -32; r4 = 0; call bpf_map_update_elem
         r1 = r6; call bpf_timer_cancel
         exit
    bad: r0 = 1; exit
  later: r6 = map seen[0]; r7 = 1; *(u64 *)(r6 + 0) = r7; r0 = 0; exit
verdict  accept
run      data=00*64 return=-22
wait     100
expect   seen 00000000 0000000000000000
