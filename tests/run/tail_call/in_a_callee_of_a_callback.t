type     xdp
map      p prog_array key=4 value=4 entries=1
callee   p 0  r0 = 1; exit
prog     r6 = r1; *(u64 *)(r10 -8) = r1; *(u64 *)(r10 -16) = 0; r9 = 77
         r1 = 3; r2 = func body; r3 = r10; r3 += -16; r4 = 0
         call bpf_loop
         r1 = *(u64 *)(r10 -16); r0 <<= 8; r0 += r1; r0 += r9; exit
   body: r6 = r2; r1 = *(u64 *)(r2 +8); call sub
         r1 = *(u64 *)(r6 +0); r1 += r0; *(u64 *)(r6 +0) = r1
         r0 = 0; exit
    sub: *(u64 *)(r10 -8) = 5; r2 = map p; r3 = 0; call bpf_tail_call; r0 = 100; exit
verdict  accept
run      data=000000000000000000000000000000000000 return=848
