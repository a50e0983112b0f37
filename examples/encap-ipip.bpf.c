/* Wraps IPv4 in IPv4: makes room at the front, writes a new header, computes its checksum in a loop. */
#include "parse.h"

SEC("xdp")
int encap(struct xdp_md *ctx)
{
	void *data = (void *)(long)ctx->data, *data_end = (void *)(long)ctx->data_end;
	struct ethhdr *eth = data, *outer_eth, copy;
	struct iphdr *outer;
	__u16 *words, len;
	__u32 sum = 0;

	if ((void *)(eth + 1) > data_end || eth->h_proto != bpf_htons(ETH_P_IP))
		return XDP_PASS;
	len = data_end - data - sizeof(*eth);
	__builtin_memcpy(&copy, eth, sizeof(copy));
	if (bpf_xdp_adjust_head(ctx, 0 - (int)sizeof(*outer)))
		return XDP_DROP;
	data = (void *)(long)ctx->data;
	data_end = (void *)(long)ctx->data_end;
	outer_eth = data;
	outer = data + sizeof(*outer_eth);
	if ((void *)(outer + 1) > data_end)
		return XDP_DROP;
	__builtin_memcpy(outer_eth, &copy, sizeof(copy));
	__builtin_memset(outer, 0, sizeof(*outer));
	outer->version = 4;
	outer->ihl = 5;
	outer->ttl = 64;
	outer->protocol = IPPROTO_IPIP;
	outer->tot_len = bpf_htons(len + sizeof(*outer));
	outer->saddr = bpf_htonl(0x0a000001);
	outer->daddr = bpf_htonl(0x0a000002);
	words = (__u16 *)outer;
	for (int i = 0; i < 10; i++)
		sum += words[i];
	sum = (sum & 0xffff) + (sum >> 16);
	outer->check = ~((sum & 0xffff) + (sum >> 16));
	return XDP_TX;
}

char LICENSE[] SEC("license") = "GPL";
