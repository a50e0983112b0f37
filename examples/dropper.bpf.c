/* Drops IPv4 packets from 10.205.131.126. */
#include <linux/bpf.h>
#include <linux/if_ether.h>
#include <linux/ip.h>
#include <bpf/bpf_helpers.h>

SEC("xdp")
int dropper(struct xdp_md *ctx)
{
	void *data_end = (void *)(long)ctx->data_end;
	void *data = (void *)(long)ctx->data;
	struct ethhdr *eth = data;
	__u64 ip_header_offset = sizeof(*eth);
	struct iphdr *ip_header = data + ip_header_offset;

	if (data + ip_header_offset + sizeof(*ip_header) > data_end)
		return XDP_DROP;

	if (ip_header->saddr == 2122566922) /* 10.205.131.126 */
		return XDP_DROP;

	return XDP_PASS;
}

char LICENSE[] SEC("license") = "GPL";
