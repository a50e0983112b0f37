type     tracing
attach   23
target   btf_trace_kfree_skb
license  GPL
map      m sk_storage key=4 value=8 entries=0 flags=1
prog     r1 = *(u64 *)(r1 + 0)
         r2 = *(u64 *)(r1 + 24)
         r1 = map m
         r3 = 0
         r4 = 0
         call bpf_sk_storage_get
         r0 = 0
         exit
verdict  accept
log      rcu_ptr_or_null_sock
