# A first tail call before anything else, one behind a helper, one at the end of a loop: all count.
type     socket_filter
map      t prog_array key=4 value=4 entries=3
map      n array key=4 value=8 entries=1
callee   t 0 r6 = r1
         r1 = map n[0]; r0 = *(u64 *)(r1 +0); r0 += 1; *(u64 *)(r1 +0) = r0
         r1 = r6; r2 = map t; r3 = 1
         call bpf_tail_call
         r1 = map n[0]; r0 = *(u64 *)(r1 +0); r0 += 100; exit
callee   t 1 r6 = r1; call bpf_get_prandom_u32
         r1 = map n[0]; r0 = *(u64 *)(r1 +0); r0 += 1; *(u64 *)(r1 +0) = r0
         r1 = r6; r2 = map t; r3 = 2
         call bpf_tail_call
         r1 = map n[0]; r0 = *(u64 *)(r1 +0); r0 += 200; exit
callee   t 2 r6 = r1; r7 = 0
   loop: r1 = r6; r2 = map t; r3 = r7; r3 *= 3
         call bpf_tail_call
         r7 += 1; if r7 < 2 goto loop
         r1 = map n[0]; r0 = *(u64 *)(r1 +0); r0 += 300; exit
prog     r2 = map t; r3 = 0
         call bpf_tail_call
         r0 = 0; exit
verdict  accept
run      data=00*20 return=322
