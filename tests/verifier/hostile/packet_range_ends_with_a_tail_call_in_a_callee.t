type     xdp
map      p prog_array key=4 value=4 entries=1
prog     r5 = func sub; r6 = r1; r7 = *(u32 *)(r1 +0); r8 = *(u32 *)(r1 +4)
         r2 = r7; r2 += 8
         if r2 > r8 goto out
         call sub
         r0 = *(u8 *)(r7 +0)
    out: r0 = 1; exit
    sub: r2 = map p; r3 = 0; call bpf_tail_call
         r0 = 0; exit
verdict  reject EACCES
log      R7 invalid mem access 'scalar'
