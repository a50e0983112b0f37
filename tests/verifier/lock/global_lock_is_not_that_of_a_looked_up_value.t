# It is, as there is only one value; but that takes more than we, or Linux, look at.
type     sched_cls
map      m array key=4 value=16 entries=1 lock=0
prog     *(u32 *)(r10 -4) = 0
         r2 = r10; r2 += -4; r1 = map m
         call bpf_map_lookup_elem
         if r0 == 0 goto out
         r6 = r0
         r1 = map m[0]+0; call bpf_spin_lock
         r1 = r6; call bpf_spin_unlock
    out: r0 = 0; exit
verdict  reject EINVAL
log      bpf_spin_unlock of different lock
