# The context of a socket address is no packet.
type     cgroup_sock_addr
attach   10
license  GPL
prog     r2 = 0; r3 = r10; r3 += -16; call bpf_dynptr_from_skb
         r0 = 1; exit
verdict  reject EINVAL
