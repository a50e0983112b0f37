type     syscall
flags    16
map      t array key=4 value=24 entries=1 timer=0
prog     *(u32 *)(r10 - 4) = 0; r1 = map t; r2 = r10; r2 += -4; call bpf_map_lookup_elem
         if r0 == 0 goto bad
         r1 = r0; r2 = func later; call bpf_timer_set_callback
    bad: r0 = 0; exit
  later: r1 = r10; r1 += -8; r2 = 8; r3 = 0; call bpf_copy_from_user
         r0 = 0; exit
verdict  reject EINVAL
log      helper call might sleep in a non-sleepable prog
