type     xdp
prog     r2 = *(u32 *)(r1 +0); r3 = *(u32 *)(r1 +4)
         r4 = r2; r4 += 30; r0 = 1
         if r4 > r3 goto out
         r0 = load_acquire((u32 *)(r2 +2))
    out: exit
verdict  reject EACCES
log      BPF_ATOMIC loads from R2 pkt is not allowed
