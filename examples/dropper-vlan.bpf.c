/* Drops IPv4 packets from 10.205.131.126, VLAN-tagged or not; lets everything else pass. */
#include <linux/bpf.h>
#include <linux/if_ether.h>
#include <linux/ip.h>
#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>

struct vlan_hdr {
	__be16 h_vlan_TCI;
	__be16 h_vlan_encapsulated_proto;
};

SEC("xdp")
int drop_packet(struct xdp_md *ctx)
{
	void *data = (void *)(long)ctx->data;
	void *data_end = (void *)(long)ctx->data_end;
	__u64 header_offset;
	__u16 header_proto;
	struct ethhdr *ethernet_header = data;

	header_offset = sizeof(*ethernet_header);
	if (data + header_offset > data_end)
		return XDP_DROP;

	header_proto = ethernet_header->h_proto;
	if (header_proto == bpf_htons(ETH_P_8021Q) || header_proto == bpf_htons(ETH_P_8021AD)) {
		struct vlan_hdr *vlan_header = data + header_offset;

		header_offset += sizeof(*vlan_header);
		if (data + header_offset > data_end)
			return XDP_DROP;
		header_proto = vlan_header->h_vlan_encapsulated_proto;
	}

	if (header_proto != bpf_htons(ETH_P_IP))
		return XDP_PASS;

	struct iphdr *ip_header = data + header_offset;

	if ((void *)(ip_header + 1) > data_end)
		return XDP_DROP;

	if (ip_header->saddr == 2122566922) /* 10.205.131.126 */
		return XDP_DROP;

	return XDP_PASS;
}

char LICENSE[] SEC("license") = "GPL";
