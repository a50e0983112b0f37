/* Reads the question of a DNS query label by label: a bounded loop over packet bytes. */
#include "parse.h"

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__type(key, char[32]);
	__type(value, __u32);
	__uint(max_entries, 64);
} names SEC(".maps");

SEC("xdp")
int dns(struct xdp_md *ctx)
{
	struct cursor c = { (void *)(long)ctx->data, (void *)(long)ctx->data_end };
	char name[32] = {};
	struct udphdr *udp;
	struct iphdr *ip;
	__u32 one = 1, *n;

	if (take_link(&c) != bpf_htons(ETH_P_IP))
		return XDP_PASS;
	ip = take_ip(&c);
	if (!ip || ip->protocol != IPPROTO_UDP)
		return XDP_PASS;
	udp = take(&c, sizeof(*udp));
	if (!udp || !take(&c, 12))
		return XDP_PASS;
	for (int i = 0; i < 31; i++) {
		char *byte = take(&c, 1);

		if (!byte || !*byte)
			break;
		name[i] = *byte < ' ' ? '.' : *byte;
	}
	n = bpf_map_lookup_elem(&names, name);
	if (n)
		__sync_fetch_and_add(n, 1);
	else
		bpf_map_update_elem(&names, name, &one, BPF_ANY);
	return XDP_PASS;
}

char LICENSE[] SEC("license") = "GPL";
