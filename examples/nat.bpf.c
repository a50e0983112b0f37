/* Rewrites the source address 10.0.0.1 to 192.0.2.1 and mends IP and TCP/UDP checksums (bpf_csum_diff). */
#include "parse.h"

static __always_inline __u16 fold(__u64 sum)
{
#pragma unroll
	for (int i = 0; i < 4; i++)
		sum = (sum & 0xffff) + (sum >> 16);
	return ~sum;
}

__u64 rewritten = 0;

SEC("xdp")
int nat(struct xdp_md *ctx)
{
	struct cursor c = { (void *)(long)ctx->data, (void *)(long)ctx->data_end };
	__be32 from, to = bpf_htonl(0xc0000201);
	struct iphdr *ip;
	__u64 diff;

	if (take_link(&c) != bpf_htons(ETH_P_IP))
		return XDP_PASS;
	ip = take_ip(&c);
	if (!ip)
		return XDP_PASS;
	from = ip->saddr;
	diff = bpf_csum_diff(&from, sizeof(from), &to, sizeof(to), ~ip->check & 0xffff);
	ip->check = fold(diff);
	ip->saddr = to;
	rewritten++;
	if (ip->protocol == IPPROTO_TCP) {
		struct tcphdr *tcp = take(&c, sizeof(*tcp));

		if (!tcp)
			return XDP_DROP;
		diff = bpf_csum_diff(&from, sizeof(from), &to, sizeof(to), ~tcp->check & 0xffff);
		tcp->check = fold(diff);
	} else if (ip->protocol == IPPROTO_UDP) {
		struct udphdr *udp = take(&c, sizeof(*udp));

		if (!udp)
			return XDP_DROP;
		if (udp->check) {
			diff = bpf_csum_diff(&from, sizeof(from), &to, sizeof(to),
					     ~udp->check & 0xffff);
			udp->check = fold(diff);
		}
	}
	return XDP_TX;
}

char LICENSE[] SEC("license") = "GPL";
