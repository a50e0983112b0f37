type     xdp
prog     r6 = r1; r7 = *(u32 *)(r1 +0); r8 = *(u32 *)(r1 +4)
         *(u64 *)(r10 -8) = r1
         r2 = r7; r2 += 8
         if r2 > r8 goto out
         r1 = 1; r2 = func body; r3 = r10; r3 += -8; r4 = 0; call bpf_loop
         r0 = *(u8 *)(r7 +0)
    out: r0 = 1; exit
   body: r1 = *(u64 *)(r2 +0); r2 = 4; call bpf_xdp_adjust_head
         r0 = 0; exit
verdict  reject EACCES
log      R7 invalid mem access 'scalar'
