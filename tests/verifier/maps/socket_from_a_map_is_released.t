type     sk_skb
map      s sockmap key=4 value=4 entries=4
prog     *(u32 *)(r10 -4) = 0
         r2 = r10; r2 += -4; r1 = map s
         call bpf_map_lookup_elem
         if r0 == 0 goto out
         r1 = r0
         call bpf_sk_release
    out: r0 = 1; exit
verdict  accept
log exact
