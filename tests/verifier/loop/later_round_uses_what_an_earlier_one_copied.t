# One branch of the callback copies a number, another one uses the copy as an index, a round later. States
# before the loop must remember that the number matters.
type     socket_filter
prog     call bpf_get_prandom_u32; r6 = r0
         r1 = 0
         if r6 == 7 goto big
         goto next
    big: r1 = 4096
   next: *(u64 *)(r10 -16) = r1
         r1 = 0; r2 = 0; r3 = 0; r4 = 0; r5 = 0; r7 = 0; r8 = 0; r9 = 0
         goto a
      a: goto b
      b: r1 = 0; r2 = 0; r3 = 0; r4 = 0; r5 = 0; r7 = 0; r8 = 0; r9 = 0
         goto c
      c: r6 = 0
         *(u64 *)(r10 -8) = 0
         r1 = 100; r2 = func body; r3 = r10; r3 += -16; r4 = 0
         call bpf_loop
         r0 = 0; exit
   body: r6 = r2; call bpf_get_prandom_u32
         if r0 == 1 goto use
         r1 = *(u64 *)(r6 +0); *(u64 *)(r6 +8) = r1
         r0 = 0; exit
    use: r1 = *(u64 *)(r6 +8); r2 = r6; r2 += r1
         r1 = *(u8 *)(r2 +0)
         r0 = 0; exit
verdict  reject EINVAL
log      math between fp pointer and register with unbounded min value is not allowed
differs  Linux 6.18 accepts this: it looks for what mattered only on the first way round
