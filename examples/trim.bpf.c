/* Cuts long packets to 128 bytes and pads short ones to 64: bpf_xdp_adjust_tail both ways. */
#include "parse.h"

SEC("xdp")
int trim(struct xdp_md *ctx)
{
	int len = ctx->data_end - ctx->data;

	if (len > 128)
		return bpf_xdp_adjust_tail(ctx, 128 - len) ? XDP_ABORTED : XDP_PASS;
	if (len < 64)
		return bpf_xdp_adjust_tail(ctx, 64 - len) ? XDP_ABORTED : XDP_PASS;
	return XDP_PASS;
}

char LICENSE[] SEC("license") = "GPL";
