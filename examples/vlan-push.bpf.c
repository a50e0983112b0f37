/* Adds a VLAN tag with a configurable id to everything untagged. */
#include "parse.h"

const volatile __u16 vlan_id = 42;

SEC("xdp")
int push(struct xdp_md *ctx)
{
	void *data = (void *)(long)ctx->data, *data_end = (void *)(long)ctx->data_end;
	struct ethhdr *eth = data, copy;
	struct vlan *v;

	if ((void *)(eth + 1) > data_end)
		return XDP_DROP;
	if (eth->h_proto == bpf_htons(ETH_P_8021Q))
		return XDP_PASS;
	__builtin_memcpy(&copy, eth, sizeof(copy));
	if (bpf_xdp_adjust_head(ctx, 0 - (int)sizeof(*v)))
		return XDP_ABORTED;
	data = (void *)(long)ctx->data;
	data_end = (void *)(long)ctx->data_end;
	eth = data;
	v = data + sizeof(*eth);
	if ((void *)(v + 1) > data_end)
		return XDP_ABORTED;
	v->tci = bpf_htons(vlan_id & 0xfff);
	v->proto = copy.h_proto;
	copy.h_proto = bpf_htons(ETH_P_8021Q);
	__builtin_memcpy(eth, &copy, sizeof(copy));
	return XDP_TX;
}

char LICENSE[] SEC("license") = "GPL";
