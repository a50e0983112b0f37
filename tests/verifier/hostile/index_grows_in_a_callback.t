type     xdp
map      m array key=4 value=64 entries=1
prog     *(u64 *)(r10 -8) = 0
         r1 = 100; r2 = func body; r3 = r10; r3 += -8; r4 = 0; call bpf_loop
         r2 = *(u64 *)(r10 -8)
         r1 = map m[0]+0; r1 += r2; r0 = *(u8 *)(r1 +0)
         r0 = 0; exit
   body: r3 = *(u64 *)(r2 +0); r3 += 1; *(u64 *)(r2 +0) = r3
         r0 = 0; exit
verdict  reject EACCES
