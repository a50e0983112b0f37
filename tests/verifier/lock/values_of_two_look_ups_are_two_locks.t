type     xdp
license  GPL
map      m hash key=4 value=48 entries=4 lock=0
prog     *(u32 *)(r10 -4) = 1
         r2 = r10; r2 += -4; r1 = map m
         call bpf_map_lookup_elem
         if r0 == 0 goto out
         r6 = r0; *(u32 *)(r10 -4) = 2
         r2 = r10; r2 += -4; r1 = map m
         call bpf_map_lookup_elem
         if r0 == 0 goto out
         r7 = r0
         r1 = r6; call bpf_spin_lock
         r1 = r7; call bpf_spin_unlock
    out: r0 = 2; exit
verdict  reject EINVAL
log      bpf_spin_unlock of different lock
