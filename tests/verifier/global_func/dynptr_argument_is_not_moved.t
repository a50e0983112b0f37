type     sched_cls
map      m ringbuf entries=4096
global   f dynptr
global   g dynptr
prog     r1 = map m; r2 = 8; r3 = 0; r4 = r10; r4 += -16; call bpf_ringbuf_reserve_dynptr
         r1 = r10; r1 += -16; call f
         r1 = r10; r1 += -16; r2 = 0; call bpf_ringbuf_discard_dynptr
         r0 = 0; exit
      f: r1 += 8; call g
         r0 = 0; exit
      g: r0 = 0; exit
verdict  reject EACCES
log      dereference of modified dynptr_ptr ptr R1 off=8 disallowed
log exact
