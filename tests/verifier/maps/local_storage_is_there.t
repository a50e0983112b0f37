type     cgroup_skb
map      s cgroup_storage key=8 value=8 entries=0
prog     r1 = map s; r2 = 0
         call bpf_get_local_storage
         *(u64 *)(r0 +0) = 7
         r0 = 1; exit
verdict  accept
log exact
