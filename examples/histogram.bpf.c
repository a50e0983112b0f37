/* Packet sizes by powers of two, and bpf_loop and bpf_for_each_map_elem over the result. */
#include "parse.h"

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__type(key, __u32);
	__type(value, __u64);
	__uint(max_entries, 17);
} sizes SEC(".maps");

__u64 total = 0, weighted = 0, rounds = 0;

static __u64 add_up(void *map, __u32 *key, __u64 *value, void *ctx)
{
	total += *value;
	weighted += *value * *key;
	return 0;
}

static int spin(__u32 i, __u32 *limit)
{
	rounds += i;
	return i >= *limit;
}

SEC("xdp")
int histogram(struct xdp_md *ctx)
{
	__u32 len = ctx->data_end - ctx->data, bucket = 0, limit = 7;
	__u64 *n;

	while (len > 1 && bucket < 16) {
		len >>= 1;
		bucket++;
	}
	n = bpf_map_lookup_elem(&sizes, &bucket);
	if (n)
		*n += 1;
	total = weighted = 0;
	bpf_for_each_map_elem(&sizes, add_up, 0, 0);
	bpf_loop(20, spin, &limit, 0);
	return XDP_PASS;
}

char LICENSE[] SEC("license") = "GPL";
