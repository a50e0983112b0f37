type     socket_filter
map      m array key=4 value=64 entries=1
prog     r5 = func sub; r6 = r1; r7 = map m[0]+0; *(u64 *)(r10 -8) = 1000; r2 = r10; r2 += -8
         call sub
         r1 = *(u64 *)(r10 -8); r7 += r1; r0 = *(u8 *)(r7 +0)
         exit
    sub: r6 = r1; r9 = r2; r0 = *(u8 *)skb[9]; *(u64 *)(r9 +0) = 1
         r0 = 0; exit
verdict  reject EACCES
differs  Linux answers EFAULT: it finds a fault of its own when it traces the index back
