type     socket_filter
unprivileged
prog     r6 = 0; call bpf_get_prandom_u32
         if r0 == 0 goto read
         *(u64 *)(r10 -8) = r0
         goto read
   read: r0 = *(u64 *)(r10 -8); exit
verdict  reject EACCES
log      invalid read from stack off -8+0 size 8
