/* Leaves a mark in the metadata before the packet, and reads it back. */
#include "parse.h"

SEC("xdp")
int mark(struct xdp_md *ctx)
{
	void *data, *meta;
	__u32 *m;

	if (bpf_xdp_adjust_meta(ctx, 0 - (int)sizeof(*m)))
		return XDP_ABORTED;
	data = (void *)(long)ctx->data;
	meta = (void *)(long)ctx->data_meta;
	m = meta;
	if ((void *)(m + 1) > data)
		return XDP_ABORTED;
	*m = 0x5ce9;
	return *m == 0x5ce9 ? XDP_PASS : XDP_DROP;
}

char LICENSE[] SEC("license") = "GPL";
