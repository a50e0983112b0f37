/* Constants that user space sets before loading (.rodata), initialised data (.data), and zeroed counters
 * (.bss): with the constants known, the verifier walks only the side of the branch that they choose. */
#include "parse.h"

const volatile int drop_ipv6 = 1;
const volatile struct {
	__u32 min_len, max_len;
} limits = { 60, 1000 };

__u64 lengths[4] = { 1, 2, 3, 4 };
int weight = 10;
__u32 too_short, too_long;

SEC("xdp")
int config(struct xdp_md *ctx)
{
	struct cursor c = { (void *)(long)ctx->data, (void *)(long)ctx->data_end };
	__u32 len = ctx->data_end - ctx->data;
	__be16 proto = take_link(&c);

	if (len < limits.min_len)
		too_short++;
	else if (len > limits.max_len)
		too_long += weight;
	lengths[len >> 9 & 3] += len;
	if (drop_ipv6 && proto == bpf_htons(ETH_P_IPV6))
		return XDP_DROP;
	return XDP_PASS;
}

char LICENSE[] SEC("license") = "GPL";
