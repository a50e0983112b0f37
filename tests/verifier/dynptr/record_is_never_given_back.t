type     xdp
license  GPL
map      m ringbuf key=0 value=0 entries=4096
prog     r1 = map m; r2 = 64; r3 = 0; r4 = r10; r4 += -16
         call bpf_ringbuf_reserve_dynptr
         r0 = 0; exit
verdict  reject EINVAL
log      would lead to reference leak
