# r2 s< 4 allows negative offsets
type     socket_filter
prog     r2 = *(u32 *)(r1 +0)
         r2 <<= 32; r2 s>>= 32
         if r2 s> 3 goto out
         r3 = r10; r3 += r2
         *(u8 *)(r3 -8) = 0
    out: r0 = 0; exit
verdict  reject EINVAL
log      value -2147483648 makes fp pointer be out of bounds
