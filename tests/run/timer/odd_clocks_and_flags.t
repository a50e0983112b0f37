type     sched_cls
map      t array key=4 value=16 entries=1 timer=0
map      seen array key=4 value=40 entries=1
prog     r7 = map seen[0]
         *(u32 *)(r10 - 4) = 0; r1 = map t; r2 = r10; r2 += -4; call bpf_map_lookup_elem
         if r0 == 0 goto out
         r6 = r0
         r1 = r6; r2 = map t; r3 = 2; call bpf_timer_init; *(u64 *)(r7 + 0) = r0
         r1 = r6; r2 = map t; r3 = 16; call bpf_timer_init; *(u64 *)(r7 + 8) = r0
         r1 = r6; r2 = map t; r3 = 0; call bpf_timer_init; *(u64 *)(r7 + 16) = r0
         r1 = r6; r2 = func later; call bpf_timer_set_callback
         r1 = r6; r2 = 1000000000000; r3 = 4; call bpf_timer_start; *(u64 *)(r7 + 24) = r0
         r1 = r6; r2 = -1; r3 = 2; call bpf_timer_start; *(u64 *)(r7 + 32) = r0
         r1 = r6; call bpf_timer_cancel
         exit
    out: r0 = 77; exit
  later: r0 = 0; exit
verdict  accept
run      data=00*64 return=1
expect   seen 00000000 eaffffffffffffff.eaffffffffffffff.00*8.eaffffffffffffff.00*8
