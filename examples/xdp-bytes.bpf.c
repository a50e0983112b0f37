/* Access without packet pointers: bpf_xdp_load_bytes and bpf_xdp_store_bytes. */
#include "parse.h"

__u64 sum = 0;

SEC("xdp")
int bytes(struct xdp_md *ctx)
{
	__u8 mac[12], swapped[12];
	int err;

	err = bpf_xdp_load_bytes(ctx, 0, mac, sizeof(mac));
	if (err)
		return XDP_DROP;
#pragma unroll
	for (int i = 0; i < 12; i++) {
		swapped[i] = mac[(i + 6) % 12];
		sum += mac[i];
	}
	err = bpf_xdp_store_bytes(ctx, 0, swapped, sizeof(swapped));
	if (err)
		return XDP_ABORTED;
	/* past the end: an error, not a fault */
	err = bpf_xdp_load_bytes(ctx, 60000, mac, sizeof(mac));
	return err ? XDP_TX : XDP_ABORTED;
}

char LICENSE[] SEC("license") = "GPL";
