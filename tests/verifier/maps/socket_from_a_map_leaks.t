type     sk_skb
map      s sockhash key=8 value=8 entries=4
prog     *(u64 *)(r10 -8) = 0
         r2 = r10; r2 += -8; r1 = map s
         call bpf_map_lookup_elem
         r0 = 1; exit
verdict  reject EINVAL
log      would lead to reference leak
