/* A map of a type that no kernel has, which one of two programs uses. */
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

struct {
	__uint(type, 999);
	__uint(max_entries, 1);
	__uint(key_size, 4);
	__uint(value_size, 4);
} odd SEC(".maps");

SEC("xdp")
int other(struct xdp_md *ctx)
{
	return XDP_PASS;
}

SEC("xdp")
int user(struct xdp_md *ctx)
{
	__u32 key = 0;

	return bpf_map_lookup_elem(&odd, &key) ? XDP_DROP : XDP_PASS;
}

char _license[] SEC("license") = "GPL";
