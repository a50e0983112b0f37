type     xdp
map      m array key=4 value=64 entries=1
prog     r6 = *(u32 *)(r1 +0)
         r7 = map m[0]+0; r8 = *(u64 *)(r7 +0)
         r3 = r8; w3 += 1
         if r3 > 20 goto out
         r7 += r8; r0 = *(u8 *)(r7 +0)
    out: r0 = 0; exit
verdict  reject EINVAL
log      math between map_value pointer and register with unbounded min value is not allowed
