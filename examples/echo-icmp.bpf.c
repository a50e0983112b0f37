/* Answers pings itself: swaps addresses, turns the request into a reply, mends the checksum. */
#include "parse.h"

static __always_inline void swap_mac(struct ethhdr *eth)
{
	__u8 tmp[ETH_ALEN];

	__builtin_memcpy(tmp, eth->h_source, ETH_ALEN);
	__builtin_memcpy(eth->h_source, eth->h_dest, ETH_ALEN);
	__builtin_memcpy(eth->h_dest, tmp, ETH_ALEN);
}

static __always_inline __u16 fold(__u32 sum)
{
	sum = (sum & 0xffff) + (sum >> 16);
	sum = (sum & 0xffff) + (sum >> 16);
	return sum;
}

SEC("xdp")
int echo(struct xdp_md *ctx)
{
	struct cursor c = { (void *)(long)ctx->data, (void *)(long)ctx->data_end };
	struct ethhdr *eth = c.pos;
	struct icmphdr *icmp;
	struct iphdr *ip;
	__be32 addr;

	if (take_link(&c) != bpf_htons(ETH_P_IP))
		return XDP_PASS;
	ip = take_ip(&c);
	if (!ip || ip->protocol != IPPROTO_ICMP)
		return XDP_PASS;
	icmp = take(&c, sizeof(*icmp));
	if (!icmp || icmp->type != ICMP_ECHO)
		return XDP_PASS;
	if ((void *)(eth + 1) > c.end)
		return XDP_PASS;
	swap_mac(eth);
	addr = ip->saddr;
	ip->saddr = ip->daddr;
	ip->daddr = addr;
	icmp->type = ICMP_ECHOREPLY;
	/* one 16-bit word went from 0x0800 to 0x0000 */
	icmp->checksum = fold((__u32)icmp->checksum + bpf_htons(0x0800));
	return XDP_TX;
}

char LICENSE[] SEC("license") = "GPL";
