type     cgroup_skb
attach   1
prog     r0 = *(u32 *)(r1 +0)
         r0 &= 3
         exit
verdict  accept
