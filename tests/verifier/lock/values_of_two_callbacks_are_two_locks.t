type     xdp
map      m hash key=4 value=48 entries=4 lock=0
prog     r1 = map m; r2 = func outer; r3 = 0; r4 = 0
         call bpf_for_each_map_elem
         r0 = 2; exit
  outer: *(u64 *)(r10 -8) = r3
         r1 = map m; r2 = func inner; r3 = r10; r3 += -8; r4 = 0
         call bpf_for_each_map_elem
         r0 = 0; exit
  inner: r6 = *(u64 *)(r4 +0); r7 = r3
         r1 = r6; call bpf_spin_lock
         r1 = r7; call bpf_spin_unlock
         r0 = 0; exit
verdict  reject EINVAL
log      bpf_spin_unlock of different lock
differs  Linux tells values by the look-up that gave them; those that callbacks get came from none
