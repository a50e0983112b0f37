/* Tags with bpf_skb_vlan_push, untags what came in tagged. */
#include "parse.h"

SEC("tc")
int vlan(struct __sk_buff *skb)
{
	if (skb->vlan_present)
		return bpf_skb_vlan_pop(skb) ? 2 : 0;
	return bpf_skb_vlan_push(skb, bpf_htons(ETH_P_8021Q), 100) ? 2 : 0;
}

char LICENSE[] SEC("license") = "GPL";
