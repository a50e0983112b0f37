type     xdp
prog     r6 = r1; r7 = *(u32 *)(r1 +0); r8 = *(u32 *)(r1 +4)
         r2 = r7; r2 += 8
         if r2 > r8 goto out
         r1 = r6; call sub
         r0 = *(u8 *)(r7 +0)
    out: r0 = 1; exit
    sub: r2 = 4; call bpf_xdp_adjust_head
         r0 = 0; exit
verdict  reject EACCES
log      R7 invalid mem access 'scalar'
