/* Decrements the TTL as a router would, with the checksum helpers of tc. */
#include <stddef.h>
#include "parse.h"

#define TC_ACT_OK   0
#define TC_ACT_SHOT 2

SEC("tc")
int ttl(struct __sk_buff *skb)
{
	__u32 off = ETH_HLEN + offsetof(struct iphdr, ttl);
	__u8 ttl, new;

	if (skb->protocol != bpf_htons(ETH_P_IP))
		return TC_ACT_OK;
	if (bpf_skb_load_bytes(skb, off, &ttl, 1))
		return TC_ACT_SHOT;
	if (ttl <= 1)
		return TC_ACT_SHOT;
	new = ttl - 1;
	bpf_l3_csum_replace(skb, ETH_HLEN + offsetof(struct iphdr, check), bpf_htons(ttl << 8),
			    bpf_htons(new << 8), 2);
	bpf_skb_store_bytes(skb, off, &new, 1, 0);
	return TC_ACT_OK;
}

char LICENSE[] SEC("license") = "GPL";
