type     sched_cls
map      t array key=4 value=24 entries=4 timer=0
map      seen array key=4 value=16 entries=1
prog     *(u32 *)(r10 - 4) = 2; r1 = map t; r2 = r10; r2 += -4; call bpf_map_lookup_elem
         if r0 == 0 goto out
         r6 = r0; r1 = 5; *(u64 *)(r6 + 16) = r1
         r1 = r6; r2 = map t; r3 = 1; call bpf_timer_init
         if r0 != 0 goto bad
         r1 = r6; r2 = func later; call bpf_timer_set_callback
         if r0 != 0 goto bad
         r1 = r6; r2 = 1000000; r3 = 0; call bpf_timer_start
         if r0 != 0 goto bad
    out: r0 = 0; exit
    bad: r0 = 1; exit
  later: r6 = map seen[0]; r7 = *(u32 *)(r2 + 0); *(u64 *)(r6 + 0) = r7
         r7 = *(u64 *)(r3 + 16); *(u64 *)(r6 + 8) = r7; r0 = 0; exit
verdict  accept
run      data=00*64 return=0
await    5000
expect   seen 00000000 02000000000000000500000000000000
