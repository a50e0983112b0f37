type     sched_cls
map      t hash key=4 value=16 entries=4 timer=0
map      seen array key=4 value=8 entries=1
put      t 07000000 00*16
prog     *(u32 *)(r10 - 4) = 7; r1 = map t; r2 = r10; r2 += -4; call bpf_map_lookup_elem
         if r0 == 0 goto bad
         r6 = r0
         r1 = r6; r2 = map t; r3 = 1; call bpf_timer_init
         r1 = r6; r2 = func later; call bpf_timer_set_callback
         r1 = r6; r2 = 60000000; r3 = 0; call bpf_timer_start
         if r0 != 0 goto bad
         r1 = map t; r2 = r10; r2 += -4; call bpf_map_delete_elem
         r0 = 0; exit
    bad: r0 = 1; exit
  later: r6 = map seen[0]; r7 = 1; *(u64 *)(r6 + 0) = r7; r0 = 0; exit
verdict  accept
run      data=00*64 return=0
wait     100
expect   seen 00000000 0000000000000000
