type     sched_cls
map      s sockmap key=4 value=4 entries=4
prog     *(u32 *)(r10 -4) = 0
         r3 = *(u64 *)(r1 +168)
         if r3 == 0 goto out
         r1 = map s; r2 = r10; r2 += -4; r4 = 0
         call bpf_map_update_elem
    out: r0 = 0; exit
verdict  accept
