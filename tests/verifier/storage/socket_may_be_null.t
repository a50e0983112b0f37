type     sched_cls
map      m sk_storage key=4 value=8 entries=0 flags=1
prog     r2 = *(u64 *)(r1 +168); r1 = map m; r3 = 0; r4 = 1
         call bpf_sk_storage_get
         r0 = 0; exit
verdict  reject EACCES
log      R2 type=sock_common_or_null expected=sock_common, sock, tcp_sock, xdp_sock, ptr_, trusted_ptr_
