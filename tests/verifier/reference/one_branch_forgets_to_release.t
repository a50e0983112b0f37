type     socket_filter
map      r ringbuf entries=4096
prog     r6 = *(u32 *)(r1 +0)
         r1 = map r; r2 = 8; r3 = 0
         call bpf_ringbuf_reserve
         if r0 == 0 goto out
         if r6 == 5 goto out
         r1 = r0; r2 = 0
         call bpf_ringbuf_submit
    out: r0 = 0; exit
verdict  reject EINVAL
log      Unreleased reference id=
log      alloc_insn=5
