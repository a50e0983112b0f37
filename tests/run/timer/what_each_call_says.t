# 7: fired; the others: results of calls in the order of the program
type     sched_cls
map      t array key=4 value=16 entries=1 timer=0
map      seen array key=4 value=64 entries=1
prog     r7 = map seen[0]
         *(u32 *)(r10 - 4) = 0; r1 = map t; r2 = r10; r2 += -4; call bpf_map_lookup_elem
         if r0 == 0 goto out
         r6 = r0
         r1 = r6; call bpf_timer_cancel; *(u64 *)(r7 + 0) = r0                          # EINVAL: not initialised
         r1 = r6; r2 = map t; r3 = 1; call bpf_timer_init
         r1 = r6; r2 = 60000000; r3 = 0; call bpf_timer_start; *(u64 *)(r7 + 8) = r0     # EINVAL: no callback
         r1 = r6; r2 = func later; call bpf_timer_set_callback
         r1 = r6; r2 = 60000000; r3 = 0; call bpf_timer_start; *(u64 *)(r7 + 16) = r0    # 0
         r1 = r6; call bpf_timer_cancel; *(u64 *)(r7 + 24) = r0                         # 1: it was armed
         r1 = r6; call bpf_timer_cancel; *(u64 *)(r7 + 32) = r0                         # 0
         r1 = r6; r2 = 60000000; r3 = 0; call bpf_timer_start; *(u64 *)(r7 + 40) = r0    # EINVAL: the callback is gone
         r1 = r6; r2 = map t; r3 = 1; call bpf_timer_init; *(u64 *)(r7 + 48) = r0       # EBUSY
         r0 = 0; exit
    out: r0 = 1; exit
  later: r6 = map seen[0]; r7 = 1; *(u64 *)(r6 + 56) = r7; r0 = 0; exit
verdict  accept
run      data=00*64 return=0
wait     100
expect   seen 00000000 eaffffffffffffff.eaffffffffffffff.00*8.0100000000000000.00*8.eaffffffffffffff.f0ffffffffffffff.00*8
