/* A socket filter keeps as many bytes as it returns: here the headers of TCP, nothing of the rest. */
#include <stddef.h>
#include "parse.h"

SEC("socket")
int headers(struct __sk_buff *skb)
{
	__u8 proto, ihl;

	if (skb->protocol != bpf_htons(ETH_P_IP))
		return 0;
	if (bpf_skb_load_bytes(skb, offsetof(struct iphdr, protocol), &proto, 1))
		return 0;
	if (proto != IPPROTO_TCP)
		return 0;
	if (bpf_skb_load_bytes_relative(skb, 0, &ihl, 1, BPF_HDR_START_NET))
		return 0;
	return (ihl & 15) * 4 + sizeof(struct tcphdr);
}

char LICENSE[] SEC("license") = "GPL";
