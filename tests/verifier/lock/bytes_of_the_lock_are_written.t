type     sched_cls
map      m array key=4 value=16 entries=1 lock=0
prog     *(u32 *)(r10 -4) = 0
         r2 = r10; r2 += -4; r1 = map m
         call bpf_map_lookup_elem
         if r0 == 0 goto out
         *(u32 *)(r0 +0) = 1
    out: r0 = 0; exit
verdict  reject EACCES
log      bpf_spin_lock cannot be accessed directly by load/store
