/* Reads the packet without proof that it is long enough: refused. */
#include <linux/bpf.h>
#include <linux/if_ether.h>
#include <linux/ip.h>
#include <bpf/bpf_helpers.h>

SEC("xdp")
int dropper(struct xdp_md *ctx)
{
	void *data = (void *)(long)ctx->data;
	void *data_end = (void *)(long)ctx->data_end;
	struct ethhdr *eth = data;

	if (data > data_end)
		return XDP_DROP;

	int ipsize = sizeof(*eth);
	struct iphdr *ip = data + ipsize;

	if (ip->saddr == 0x0acd837e) /* 10.205.131.126 */
		return XDP_DROP;

	return XDP_PASS;
}

char LICENSE[] SEC("license") = "GPL";
