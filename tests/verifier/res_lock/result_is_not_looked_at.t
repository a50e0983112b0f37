type     sched_cls
map      t array key=4 value=16 entries=2 reslock=0
prog     *(u32 *)(r10 - 4) = 0; r1 = map t; r2 = r10; r2 += -4; call bpf_map_lookup_elem; if r0 == 0 goto out
         r6 = r0; r1 = r6; call bpf_res_spin_lock
         r1 = r6; call bpf_res_spin_unlock
    out: r0 = 1; exit
verdict  reject EINVAL
log      bpf_res_spin_unlock without taking a lock
