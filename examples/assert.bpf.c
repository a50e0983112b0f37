/* Assertions: whatever function finds a packet wrong throws, and the program returns what was thrown. */
#include "parse.h"

extern void bpf_throw(__u64 cookie) __ksym;

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__type(key, __u32);
	__type(value, __u64);
	__uint(max_entries, 1);
} good SEC(".maps");

static __noinline int ip_version(struct xdp_md *ctx, __u32 off)
{
	__u8 *p = (void *)(long)ctx->data;

	if (off > 100)
		bpf_throw(XDP_ABORTED);
	if ((void *)(p + off + 1) > (void *)(long)ctx->data_end)
		bpf_throw(XDP_DROP);
	return p[off] >> 4;
}

static __noinline int check(struct xdp_md *ctx, int proto)
{
	int version = ip_version(ctx, sizeof(struct ethhdr));

	if (proto == bpf_htons(ETH_P_IP) && version != 4)
		bpf_throw(XDP_DROP);
	if (proto == bpf_htons(ETH_P_IPV6) && version != 6)
		bpf_throw(XDP_DROP);
	if (version != 4 && version != 6)
		bpf_throw(XDP_TX);
	return version;
}

SEC("xdp")
int assert_ip(struct xdp_md *ctx)
{
	struct ethhdr *eth = (void *)(long)ctx->data;
	__u32 key = 0;
	__u64 *n = bpf_map_lookup_elem(&good, &key);
	int version;

	if (!n || (void *)(eth + 1) > (void *)(long)ctx->data_end)
		return XDP_ABORTED;
	version = check(ctx, eth->h_proto);
	__sync_fetch_and_add(n, version);
	return XDP_PASS;
}

char _license[] SEC("license") = "GPL";
