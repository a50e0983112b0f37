# Only iterators over sockets that are locked meanwhile may set options.
type     tracing
attach   28
target   bpf_iter_tcp
license  GPL
prog     r1 = *(u64 *)(r1 + 8)
         if r1 == 0 goto out
         r4 = r10; r4 += -8; *(u64 *)(r10 - 8) = 0
         r2 = 1; r3 = 7; r5 = 4; call bpf_setsockopt
    out: r0 = 0; exit
verdict  accept
log exact
