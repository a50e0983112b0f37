/* A routing table: the longest prefix of the destination address says what happens; bytes are counted
 * per route. The program fills the table itself, with the first packet. */
#include "parse.h"

struct route {
	__u32 len;
	__u8 addr[4];
};

struct hits {
	__u64 packets, bytes;
};

struct {
	__uint(type, BPF_MAP_TYPE_LPM_TRIE);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, struct route);
	__type(value, struct hits);
	__uint(max_entries, 256);
} routes SEC(".maps");

static __u32 filled;

static __always_inline void add(__u32 len, __be32 addr)
{
	struct route r = { .len = len };
	struct hits none = {};

	__builtin_memcpy(r.addr, &addr, 4);
	bpf_map_update_elem(&routes, &r, &none, BPF_NOEXIST);
}

SEC("xdp")
int route(struct xdp_md *ctx)
{
	struct cursor c = { (void *)(long)ctx->data, (void *)(long)ctx->data_end };
	struct route key = { .len = 32 };
	struct iphdr *ip;
	struct hits *h;

	if (take_link(&c) != bpf_htons(ETH_P_IP) || !(ip = take_ip(&c)))
		return XDP_PASS;
	if (!filled) {
		filled = 1;
		add(0, 0);
		add(8, bpf_htonl(0x0a000000));
		add(12, bpf_htonl(0xac100000));
		add(16, bpf_htonl(0xc0a80000));
	}
	__builtin_memcpy(key.addr, &ip->daddr, 4);
	h = bpf_map_lookup_elem(&routes, &key);
	if (!h)
		return XDP_DROP;
	h->packets++;
	h->bytes += bpf_ntohs(ip->tot_len);
	/* Every host gets a route of its own, and each source's network loses it again. */
	add(32, ip->daddr);
	key.len = 24;
	__builtin_memcpy(key.addr, &ip->saddr, 4);
	bpf_map_delete_elem(&routes, &key);
	add(24, ip->daddr);
	return XDP_PASS;
}

char LICENSE[] SEC("license") = "GPL";
