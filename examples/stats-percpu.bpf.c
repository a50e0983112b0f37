/* Packets and bytes per XDP verdict, per CPU: no atomics needed. */
#include "parse.h"

struct datarec {
	__u64 packets, bytes;
};

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__type(key, __u32);
	__type(value, struct datarec);
	__uint(max_entries, 5);
} stats SEC(".maps");

SEC("xdp")
int count(struct xdp_md *ctx)
{
	struct cursor c = { (void *)(long)ctx->data, (void *)(long)ctx->data_end };
	__u32 action = take_link(&c) == bpf_htons(ETH_P_IPV6) ? XDP_DROP : XDP_PASS;
	struct datarec *rec = bpf_map_lookup_elem(&stats, &action);

	if (!rec)
		return XDP_ABORTED;
	rec->packets++;
	rec->bytes += ctx->data_end - ctx->data;
	return action;
}

char LICENSE[] SEC("license") = "GPL";
