/* Tells user space about every TCP connection attempt through a ring buffer. */
#include "parse.h"

struct event {
	__be32 saddr, daddr;
	__u16 sport, dport;
	__u32 len;
};

struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 64 * 1024);
} events SEC(".maps");

__u64 lost = 0;
/* Keep the type in BTF for readers of the ring. */
struct event *unused __attribute__((unused));

SEC("xdp")
int report(struct xdp_md *ctx)
{
	struct cursor c = { (void *)(long)ctx->data, (void *)(long)ctx->data_end };
	struct event *e;
	struct tcphdr *tcp;
	struct iphdr *ip;

	if (take_link(&c) != bpf_htons(ETH_P_IP))
		return XDP_PASS;
	ip = take_ip(&c);
	if (!ip || ip->protocol != IPPROTO_TCP)
		return XDP_PASS;
	tcp = take(&c, sizeof(*tcp));
	if (!tcp || !tcp->syn)
		return XDP_PASS;
	e = bpf_ringbuf_reserve(&events, sizeof(*e), 0);
	if (!e) {
		lost++;
		return XDP_PASS;
	}
	e->saddr = ip->saddr;
	e->daddr = ip->daddr;
	e->sport = bpf_ntohs(tcp->source);
	e->dport = bpf_ntohs(tcp->dest);
	e->len = ctx->data_end - ctx->data;
	if (tcp->ack)
		bpf_ringbuf_discard(e, 0); /* only the first of the handshake */
	else
		bpf_ringbuf_submit(e, 0);
	return XDP_PASS;
}

char LICENSE[] SEC("license") = "GPL";
