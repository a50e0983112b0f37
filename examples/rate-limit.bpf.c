/* A token bucket per source address: 3 packets, then one a second. */
#include "parse.h"

struct bucket {
	__u64 last_ns;
	__u32 tokens, dropped;
};

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__type(key, __u32);
	__type(value, struct bucket);
	__uint(max_entries, 256);
	__uint(map_flags, BPF_F_NO_PREALLOC);
} buckets SEC(".maps");

#define BURST  3
#define SECOND 1000000000ull

SEC("xdp")
int limit(struct xdp_md *ctx)
{
	struct cursor c = { (void *)(long)ctx->data, (void *)(long)ctx->data_end };
	__u64 now = bpf_ktime_get_ns(), passed;
	struct bucket *b, fresh = { now, BURST - 1, 0 };
	struct iphdr *ip;
	__u32 src;

	if (take_link(&c) != bpf_htons(ETH_P_IP))
		return XDP_PASS;
	ip = take_ip(&c);
	if (!ip)
		return XDP_DROP;
	src = ip->saddr;
	b = bpf_map_lookup_elem(&buckets, &src);
	if (!b)
		return bpf_map_update_elem(&buckets, &src, &fresh, BPF_NOEXIST) ? XDP_ABORTED
										: XDP_PASS;
	passed = (now - b->last_ns) / SECOND;
	if (passed) {
		b->tokens = passed + b->tokens > BURST ? BURST : passed + b->tokens;
		b->last_ns = now;
	}
	if (!b->tokens) {
		b->dropped++;
		return XDP_DROP;
	}
	b->tokens--;
	return XDP_PASS;
}

char LICENSE[] SEC("license") = "GPL";
