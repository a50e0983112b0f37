type     sched_cls
map      t array key=4 value=16 entries=2 reslock=0
prog     *(u32 *)(r10 - 4) = 0; r1 = map t; r2 = r10; r2 += -4; call bpf_map_lookup_elem; if r0 == 0 goto out
         r6 = r0; r1 = r6; call bpf_res_spin_lock; if w0 != 0 goto out
         r1 = r6; call bpf_res_spin_lock
    out: r0 = 1; exit
verdict  reject EINVAL
log      Acquiring the same lock again, AA deadlock detected
