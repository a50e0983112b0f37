# One branch of the callback stores 100, another one uses what is stored there as an index, in a later
# round. States seen before that use was found must not hide the 100.
type     socket_filter
prog     *(u64 *)(r10 -8) = 0
         r1 = 100; r2 = func body; r3 = r10; r3 += -8; r4 = 0
         call bpf_loop
         r0 = 0; exit
   body: r6 = r2; call bpf_get_prandom_u32; r7 = r0
         if r7 == 1 goto use
         if r7 == 2 goto put
         if r7 == 3 goto join
   last: r1 = 0; r2 = 0; r3 = 0; r4 = 0; r5 = 0; r7 = 0; r8 = 0; r9 = 0
         if r6 == 0 goto end
    end: r0 = 0; exit
    put: r1 = 100; *(u64 *)(r6 +0) = r1
         goto join
   join: r1 = 0; r2 = 0; r3 = 0; r4 = 0; r5 = 0; r7 = 0; r8 = 0; r9 = 0
         goto a
      a: goto b
      b: r1 = 0; r2 = 0; r3 = 0; r4 = 0; r5 = 0; r7 = 0; r8 = 0; r9 = 0
         goto c
      c: goto d
      d: r1 = 0; r2 = 0; r3 = 0; r4 = 0; r5 = 0; r7 = 0; r8 = 0; r9 = 0
         goto e
      e: goto f
      f: goto last
    use: r1 = *(u64 *)(r6 +0); r2 = r6; r2 += r1
         r1 = *(u8 *)(r2 +0)
         goto last
verdict  reject EINVAL
log      math between fp pointer and register with unbounded min value is not allowed
differs  Linux 6.18 accepts this: it looks for what mattered only on the first way round
