# The caller's constant is one no longer.
type     socket_filter
global   set nonnull=8
prog     *(u64 *)(r10 -8) = 0; r1 = r10; r1 += -8; call set
         r1 = *(u64 *)(r10 -8); r2 = r10; r2 += r1; r0 = *(u8 *)(r2 -8); exit
    set: *(u64 *)(r1 +0) = 100; r0 = 0; exit
verdict  reject EINVAL
