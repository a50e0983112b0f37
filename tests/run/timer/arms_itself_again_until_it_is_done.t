type     sched_cls
map      t hash key=4 value=24 entries=4 timer=8
map      seen array key=4 value=8 entries=1
put      t 07000000 00*24
prog     *(u32 *)(r10 - 4) = 7; r1 = map t; r2 = r10; r2 += -4; call bpf_map_lookup_elem
         if r0 == 0 goto bad
         r6 = r0; r6 += 8
         r1 = r6; r2 = map t; r3 = 7; call bpf_timer_init
         if r0 != 0 goto bad
         r1 = r6; r2 = func later; call bpf_timer_set_callback
         r1 = r6; r2 = 0; r3 = 0; call bpf_timer_start
         r0 = 0; exit
    bad: r0 = 1; exit
  later: r6 = map seen[0]; r7 = *(u64 *)(r6 + 0); r7 += 1; *(u64 *)(r6 + 0) = r7
         if r7 s> 4 goto done
         r1 = r3; r1 += 8; r2 = 1000; r3 = 0; call bpf_timer_start
   done: r0 = 0; exit
verdict  accept
run      data=00*64 return=0
await    5000
expect   seen 00000000 0500000000000000
