type     sched_cls
map      s sockmap key=4 value=4 entries=4
prog     *(u32 *)(r10 -4) = 0
         r1 = map s; r2 = r10; r2 += -4; r3 = r2; r4 = 0
         call bpf_map_update_elem
         r0 = 0; exit
verdict  reject EACCES
log      R3 type=fp expected=sock_common, sock, tcp_sock, xdp_sock, ptr_, trusted_ptr_
