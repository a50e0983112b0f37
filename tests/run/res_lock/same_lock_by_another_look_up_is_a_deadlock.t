# The verifier cannot tell that both are the same: the run finds out.
type     sched_cls
map      t array key=4 value=16 entries=2 reslock=0
prog     r8 = 0; *(u32 *)(r10 - 4) = 0; r1 = map t; r2 = r10; r2 += -4; call bpf_map_lookup_elem; if r0 == 0 goto out
         r6 = r0; r1 = map t; r2 = r10; r2 += -4; call bpf_map_lookup_elem; if r0 == 0 goto out
         r7 = r0; r1 = r6; call bpf_res_spin_lock; if w0 != 0 goto out
         r1 = r7; call bpf_res_spin_lock; r8 = r0; if w0 != 0 goto no
         r1 = r7; call bpf_res_spin_unlock
     no: r1 = r6; call bpf_res_spin_unlock
         r0 = 0; w0 -= w8; exit
    out: r0 = 1; exit
verdict  accept
run      data=00*64 return=35
