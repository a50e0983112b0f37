# The first round leaves 1 where 0 was, which matters afterwards: there is a second round, and from there
# on it looks like the first. That is no loop without end.
type     socket_filter
prog     *(u64 *)(r10 -8) = 0; *(u64 *)(r10 -16) = 0
         r1 = 100; r2 = func body; r3 = r10; r3 += -8; r4 = 0
         call bpf_loop
         r1 = *(u64 *)(r10 -8)
         r2 = r10; r2 += -16; r2 += r1
         r0 = *(u8 *)(r2 +0)
         r0 = 0; exit
   body: r3 = 1; *(u64 *)(r2 +0) = r3
         r4 = 0; r5 = 0; r3 = 0; r0 = 0; r1 = 0
         if r2 == 0 goto a
      a: if r2 == 0 goto b
      b: if r2 == 0 goto c
      c: r4 = 0; r5 = 0; r3 = 0; r0 = 0; r1 = 0
         if r2 == 0 goto d
      d: r4 = 0; r5 = 0; r3 = 0; r0 = 0; r1 = 0
         r0 = 0; exit
verdict  accept
