/* Removes the outer VLAN tag: moves the addresses up, then the packet's start. */
#include "parse.h"

SEC("xdp")
int pop(struct xdp_md *ctx)
{
	void *data = (void *)(long)ctx->data, *data_end = (void *)(long)ctx->data_end;
	struct ethhdr *eth = data, copy;
	struct vlan *v = data + sizeof(*eth);

	if ((void *)(v + 1) > data_end)
		return XDP_PASS;
	if (eth->h_proto != bpf_htons(ETH_P_8021Q))
		return XDP_PASS;
	__builtin_memcpy(&copy, eth, sizeof(copy));
	copy.h_proto = v->proto;
	if (bpf_xdp_adjust_head(ctx, sizeof(*v)))
		return XDP_ABORTED;
	/* all packet pointers are void after that */
	data = (void *)(long)ctx->data;
	data_end = (void *)(long)ctx->data_end;
	eth = data;
	if ((void *)(eth + 1) > data_end)
		return XDP_ABORTED;
	__builtin_memcpy(eth, &copy, sizeof(copy));
	return XDP_PASS;
}

char LICENSE[] SEC("license") = "GPL";
