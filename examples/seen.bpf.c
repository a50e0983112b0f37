/* Who was seen: a Bloom filter knows the sources, a queue keeps the first of each in order, a stack the
 * last few packets' sizes; addresses of reverted pairs go back from the queue. */
#include "parse.h"

struct {
	__uint(type, BPF_MAP_TYPE_BLOOM_FILTER);
	__type(value, __u32);
	__uint(max_entries, 1 << 16);
	__uint(map_extra, 7);
} known SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_QUEUE);
	__type(value, __u32);
	__uint(max_entries, 8);
} sources SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_STACK);
	__type(value, __u64);
	__uint(max_entries, 16);
} sizes SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__type(key, __u32);
	__type(value, __u64);
	__uint(max_entries, 8);
} counts SEC(".maps");

static __always_inline void count(__u32 what)
{
	__u64 *n = bpf_map_lookup_elem(&counts, &what);

	if (n)
		++*n;
}

SEC("xdp")
int seen(struct xdp_md *ctx)
{
	struct cursor c = { (void *)(long)ctx->data, (void *)(long)ctx->data_end };
	__u64 size = ctx->data_end - ctx->data, top;
	struct iphdr *ip;
	__u32 addr;

	if (take_link(&c) != bpf_htons(ETH_P_IP) || !(ip = take_ip(&c)))
		return XDP_PASS;
	addr = ip->saddr;
	if (!bpf_map_peek_elem(&known, &addr)) {
		count(0);
	} else {
		count(1);
		bpf_map_push_elem(&known, &addr, BPF_ANY);
		if (bpf_map_push_elem(&sources, &addr, BPF_ANY)) { /* full */
			count(2);
			bpf_map_pop_elem(&sources, &addr);
		}
	}
	if (!bpf_map_peek_elem(&sizes, &top) && top > size && !bpf_map_pop_elem(&sizes, &top))
		count(3);
	if (bpf_map_push_elem(&sizes, &size, size & 1 ? BPF_EXIST : BPF_ANY))
		count(4);
	return XDP_PASS;
}

char LICENSE[] SEC("license") = "GPL";
