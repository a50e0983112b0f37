type     xdp
prog     r6 = r1
         r7 = *(u32 *)(r1 +0); r3 = *(u32 *)(r1 +4)
         r4 = r7; r4 += 14
         r0 = 1
         if r4 > r3 goto out
         r2 = 0
         call bpf_xdp_adjust_head
         r0 = *(u8 *)(r7 +0)
    out: exit
verdict  reject EACCES
log      R7 invalid mem access 'scalar'
