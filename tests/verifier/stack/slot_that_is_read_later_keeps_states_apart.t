# On one way 0 lies in the slot, on the other 100: the second is not covered by the first.
type     socket_filter
prog     call bpf_get_prandom_u32
         r6 = r10; r6 += -16; *(u64 *)(r10 -16) = 0
         *(u64 *)(r10 -8) = 0
         if r0 == 1 goto big
   meet: r0 = 0; r1 = 0; r2 = 0; r3 = 0; r4 = 0; r5 = 0; r7 = 0; r8 = 0
         goto a
      a: goto b
      b: r0 = 0; r1 = 0; r2 = 0; r3 = 0; r4 = 0; r5 = 0; r7 = 0; r8 = 0
         goto c
      c: r1 = *(u64 *)(r10 -8); r6 += r1
         r1 = *(u8 *)(r6 +0)
         r0 = 0; exit
    big: *(u64 *)(r10 -8) = 100; goto meet
verdict  reject EACCES
log      invalid read from stack R6 off=84 size=1
