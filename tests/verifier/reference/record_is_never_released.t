type     socket_filter
map      r ringbuf entries=4096
prog     r1 = map r; r2 = 8; r3 = 0
         call bpf_ringbuf_reserve
         r0 = 0; exit
verdict  reject EINVAL
log      Unreleased reference id=
log      alloc_insn=4
log      BPF_EXIT instruction in main prog would lead to reference leak
