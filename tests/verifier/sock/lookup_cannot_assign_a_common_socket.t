type     sched_cls
prog     r2 = 0
         r3 = 0
         call bpf_sk_assign
         r0 = 1; exit
verdict  reject EACCES
log      R2 type=scalar expected=sock_common, sock, tcp_sock, xdp_sock, ptr_, trusted_ptr_
