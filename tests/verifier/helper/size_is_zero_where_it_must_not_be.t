type     socket_filter
prog     r2 = 0; r3 = r10; r3 += -8; r4 = 0
         call bpf_skb_load_bytes
         r0 = 0; exit
verdict  reject EACCES
log      R4 invalid zero-sized read: u64=[0,0]
