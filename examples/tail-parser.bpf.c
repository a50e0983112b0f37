/* A parser in stages, each a program of its own: Ethernet → IPv4 → TCP or UDP, by tail calls. Where the
 * next header begins travels in the packet's metadata-free way: in a per-CPU scratch value. */
#include <linux/bpf.h>
#include <linux/if_ether.h>
#include <linux/in.h>
#include <linux/ip.h>
#include <linux/tcp.h>
#include <linux/udp.h>
#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>

enum { STAGE_IP, STAGE_TCP, STAGE_UDP, NR_STAGES };

struct scratch {
	__u32 offset;
};

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__type(key, __u32);
	__type(value, struct scratch);
	__uint(max_entries, 1);
} scratch SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__type(key, char[8]);
	__type(value, __u64);
	__uint(max_entries, 16);
} seen SEC(".maps");

int parse_ip(struct xdp_md *ctx);
int parse_tcp(struct xdp_md *ctx);
int parse_udp(struct xdp_md *ctx);

struct {
	__uint(type, BPF_MAP_TYPE_PROG_ARRAY);
	__uint(max_entries, NR_STAGES);
	__type(key, __u32);
	__array(values, int(struct xdp_md *));
} stages SEC(".maps") = {
	.values = {
		[STAGE_IP] = (void *)&parse_ip,
		[STAGE_TCP] = (void *)&parse_tcp,
		[STAGE_UDP] = (void *)&parse_udp,
	},
};

static __always_inline void count(const char name[8])
{
	__u64 one = 1, *n = bpf_map_lookup_elem(&seen, name);

	if (n)
		__sync_fetch_and_add(n, 1);
	else
		bpf_map_update_elem(&seen, name, &one, BPF_NOEXIST);
}

static __always_inline struct scratch *get_scratch(void)
{
	__u32 zero = 0;

	return bpf_map_lookup_elem(&scratch, &zero);
}

SEC("xdp")
int parse_eth(struct xdp_md *ctx)
{
	void *data = (void *)(long)ctx->data, *data_end = (void *)(long)ctx->data_end;
	struct ethhdr *eth = data;
	struct scratch *s = get_scratch();
	__u32 offset = sizeof(*eth);
	__be16 proto;

	if (!s || (void *)(eth + 1) > data_end)
		return XDP_DROP;
	proto = eth->h_proto;
	if (proto == bpf_htons(ETH_P_8021Q)) {
		__be16 *inner = data + 16;

		if ((void *)(inner + 1) > data_end)
			return XDP_DROP;
		proto = *inner;
		offset += 4;
	}
	s->offset = offset;
	if (proto == bpf_htons(ETH_P_IP))
		bpf_tail_call(ctx, &stages, STAGE_IP);
	count("other\0\0");
	return XDP_PASS;
}

SEC("xdp")
int parse_ip(struct xdp_md *ctx)
{
	void *data = (void *)(long)ctx->data, *data_end = (void *)(long)ctx->data_end;
	struct scratch *s = get_scratch();
	struct iphdr *ip;
	__u32 offset;

	if (!s)
		return XDP_ABORTED;
	offset = s->offset;
	if (offset > 64)
		return XDP_ABORTED;
	ip = data + offset;
	if ((void *)(ip + 1) > data_end)
		return XDP_DROP;
	s->offset = offset + ip->ihl * 4;
	if (ip->protocol == IPPROTO_TCP)
		bpf_tail_call(ctx, &stages, STAGE_TCP);
	if (ip->protocol == IPPROTO_UDP)
		bpf_tail_call(ctx, &stages, STAGE_UDP);
	count("ip\0\0\0\0\0");
	return XDP_PASS;
}

SEC("xdp")
int parse_tcp(struct xdp_md *ctx)
{
	void *data = (void *)(long)ctx->data, *data_end = (void *)(long)ctx->data_end;
	struct scratch *s = get_scratch();
	struct tcphdr *tcp;

	if (!s || s->offset > 128)
		return XDP_ABORTED;
	tcp = data + s->offset;
	if ((void *)(tcp + 1) > data_end)
		return XDP_DROP;
	if (tcp->syn)
		count("tcp-syn");
	else
		count("tcp\0\0\0\0");
	return XDP_PASS;
}

SEC("xdp")
int parse_udp(struct xdp_md *ctx)
{
	count("udp\0\0\0\0");
	return XDP_PASS;
}

char LICENSE[] SEC("license") = "GPL";
