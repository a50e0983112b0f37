type     sched_cls
map      t hash key=4 value=16 entries=2 reslock=8
map      u array key=4 value=16 entries=2 reslock=0
put      t 00000000 00*16
prog     *(u32 *)(r10 - 4) = 0; r1 = map t; r2 = r10; r2 += -4; call bpf_map_lookup_elem; if r0 == 0 goto out
         r6 = r0; r6 += 8; r1 = map u; r2 = r10; r2 += -4; call bpf_map_lookup_elem; if r0 == 0 goto out
         r7 = r0
         r1 = r6; r2 = r10; r2 += -16; call bpf_res_spin_lock_irqsave; if w0 != 0 goto out
         r1 = r7; call bpf_res_spin_lock; if w0 != 0 goto one
         r1 = r7; call bpf_res_spin_unlock
         r1 = r6; r2 = r10; r2 += -16; call bpf_res_spin_unlock_irqrestore
         r0 = 3; exit
    one: r1 = r6; r2 = r10; r2 += -16; call bpf_res_spin_unlock_irqrestore
    out: r0 = 1; exit
verdict  accept
run      data=00*64 return=3
