type     xdp
prog     r6 = r1; r2 = -4
         call bpf_xdp_adjust_head
         if r0 != 0 goto bad
         r2 = *(u32 *)(r6 +0); r3 = *(u32 *)(r6 +4)
         r4 = r2; r4 += 4
         if r4 > r3 goto bad
         *(u32 *)(r2 +0) = 0x11223344
         r0 = 3; exit
    bad: r0 = 0; exit
verdict  accept
run      data=aa*14 return=3 out=44332211.aa*14
