/* A flow table that forgets the least recently used: packets and bytes per 5-tuple. */
#include "parse.h"

struct flow {
	__be32 saddr, daddr;
	__be16 sport, dport;
	__u8 proto, pad[3];
};

struct counters {
	__u64 packets, bytes;
	__u32 first_len, last_len;
};

struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__type(key, struct flow);
	__type(value, struct counters);
	__uint(max_entries, 1024);
} flows SEC(".maps");

SEC("xdp")
int track(struct xdp_md *ctx)
{
	struct cursor c = { (void *)(long)ctx->data, (void *)(long)ctx->data_end };
	__u32 len = ctx->data_end - ctx->data;
	struct counters *old, new = { 1, len, len, len };
	struct flow f = {};
	struct iphdr *ip;
	__be16 *ports;

	if (take_link(&c) != bpf_htons(ETH_P_IP))
		return XDP_PASS;
	ip = take_ip(&c);
	if (!ip)
		return XDP_DROP;
	f.saddr = ip->saddr;
	f.daddr = ip->daddr;
	f.proto = ip->protocol;
	if (f.proto == IPPROTO_TCP || f.proto == IPPROTO_UDP) {
		ports = take(&c, 4);
		if (!ports)
			return XDP_DROP;
		f.sport = ports[0];
		f.dport = ports[1];
	}
	old = bpf_map_lookup_elem(&flows, &f);
	if (!old) {
		bpf_map_update_elem(&flows, &f, &new, BPF_ANY);
		return XDP_PASS;
	}
	__sync_fetch_and_add(&old->packets, 1);
	__sync_fetch_and_add(&old->bytes, len);
	old->last_len = len;
	return XDP_PASS;
}

char LICENSE[] SEC("license") = "GPL";
