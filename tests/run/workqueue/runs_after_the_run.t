type     sched_cls
map      t hash key=4 value=24 entries=4 wq=8
map      seen array key=4 value=40 entries=1
put      t 07000000 00*24
prog     r7 = map seen[0]
         *(u32 *)(r10 - 4) = 7; r1 = map t; r2 = r10; r2 += -4; call bpf_map_lookup_elem
         if r0 == 0 goto bad
         r6 = r0; r6 += 8
         r1 = r6; r2 = map t; r3 = 1; call bpf_wq_init; *(u64 *)(r7 + 8) = r0
         r1 = r6; r2 = 0; call bpf_wq_start; *(u64 *)(r7 + 16) = r0
         r1 = r6; r2 = map t; r3 = 0; call bpf_wq_init
         if w0 != 0 goto bad
         r1 = r6; r2 = map t; r3 = 0; call bpf_wq_init; *(u64 *)(r7 + 24) = r0
         r1 = r6; r2 = func later; r3 = 0; call bpf_wq_set_callback_impl
         if w0 != 0 goto bad
         r1 = r6; r2 = 1; call bpf_wq_start; *(u64 *)(r7 + 32) = r0
         r1 = r6; r2 = 0; call bpf_wq_start
         exit
    bad: r0 = 1; exit
  later: r6 = map seen[0]; r7 = *(u32 *)(r2 + 0); *(u64 *)(r6 + 0) = r7; r0 = 0; exit
verdict  accept
run      data=00*64 return=0
await    5000
expect   seen 00000000 0700000000000000.eaffffff00000000.eaffffff00000000.f0ffffff00000000.eaffffff00000000
