# The callee reads what the ways left in its caller's frame.
type     socket_filter
prog     call bpf_get_prandom_u32
         *(u64 *)(r10 -16) = 0
         *(u64 *)(r10 -8) = 0
         if r0 == 1 goto big
   meet: r0 = 0; r1 = 0; r2 = 0; r3 = 0; r4 = 0; r5 = 0; r7 = 0; r8 = 0
         goto a
      a: goto b
      b: r0 = 0; r1 = 0; r2 = 0; r3 = 0; r4 = 0; r5 = 0; r7 = 0; r8 = 0
         goto c
      c: r1 = r10; r1 += -16
         call f
         r0 = 0; exit
    big: *(u64 *)(r10 -8) = 100; goto meet
      f: r2 = *(u64 *)(r1 +8); r1 += r2
         r0 = *(u8 *)(r1 +0); r0 = 0; exit
verdict  reject EACCES
log      invalid read from stack R1 off=84 size=1
