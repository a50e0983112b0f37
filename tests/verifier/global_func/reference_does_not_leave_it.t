type     socket_filter
map      m ringbuf entries=4096
global   keep
prog     call keep
         exit
   keep: r1 = map m; r2 = 8; r3 = 0; call bpf_ringbuf_reserve; r0 = 0; exit
verdict  reject EINVAL
log      Unreleased reference id=
