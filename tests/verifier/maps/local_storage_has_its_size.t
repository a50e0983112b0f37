type     cgroup_skb
map      s percpu_cgroup_storage key=16 value=8 entries=0
prog     r1 = map s; r2 = 0
         call bpf_get_local_storage
         r0 = *(u32 *)(r0 +6)
         exit
verdict  reject EACCES
log      invalid access to map value, value_size=8 off=6 size=4
