type     socket_filter
map      r ringbuf entries=4096
prog     r2 = *(u32 *)(r1 +0); r2 &= 15
         r1 = map r; r3 = 0
         call bpf_ringbuf_reserve
         r0 = 0; exit
verdict  reject EACCES
log      R2 is not a known constant
