/* Programs for tests/cli/net.py. */
#include <linux/bpf.h>
#include <linux/pkt_cls.h>
#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>

struct seen {
	__u32 frames, ifindex, ingress, protocol, meta;
};

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct seen);
} seen SEC(".maps");

SEC("xdp/pass") int pass(struct xdp_md *ctx)
{
	return ctx->ingress_ifindex == 2 && ctx->rx_queue_index == 0 ? XDP_PASS : XDP_DROP;
}

SEC("xdp/aborted") int aborted(struct xdp_md *ctx)
{
	return XDP_ABORTED;
}

SEC("xdp/tx") int tx(struct xdp_md *ctx)
{
	return XDP_TX;
}

/* Every fifth frame is lost. */
__u32 number;
SEC("xdp/lossy") int lossy(struct xdp_md *ctx)
{
	return number++ % 5 == 4 ? XDP_DROP : XDP_PASS;
}

/* Out of the device that it came in by: the peer gets its own answers. */
SEC("tc/reflect") int reflect(struct __sk_buff *skb)
{
	return skb->protocol == bpf_htons(0x0800) ? bpf_redirect(skb->ifindex, 0) : TC_ACT_OK;
}

/* … in at it again, once. */
SEC("tc/again") int again(struct __sk_buff *skb)
{
	if (skb->protocol != bpf_htons(0x0800) || number++)
		return TC_ACT_OK;
	return bpf_redirect(skb->ifindex, BPF_F_INGRESS);
}

/* Head and tail moved out and back in: the frame is the same. */
SEC("xdp/trim") int trim(struct xdp_md *ctx)
{
	if (bpf_xdp_adjust_head(ctx, -32) || bpf_xdp_adjust_tail(ctx, 64) ||
	    bpf_xdp_adjust_tail(ctx, -64) || bpf_xdp_adjust_head(ctx, 32))
		return XDP_DROP;
	return XDP_PASS;
}

SEC("xdp/meta") int meta(struct xdp_md *ctx)
{
	__u32 *m;

	if (bpf_xdp_adjust_meta(ctx, -4))
		return XDP_ABORTED;
	m = (void *)(long)ctx->data_meta;
	if ((void *)(m + 1) > (void *)(long)ctx->data)
		return XDP_ABORTED;
	*m = 0x1234;
	return XDP_PASS;
}

SEC("tc/count") int count(struct __sk_buff *skb)
{
	__u32 *m = (void *)(long)skb->data_meta, zero = 0;
	struct seen *s = bpf_map_lookup_elem(&seen, &zero);

	if (!s || skb->protocol != bpf_htons(0x0800))
		return TC_ACT_OK;
	__sync_fetch_and_add(&s->frames, 1);
	s->ifindex = skb->ifindex;
	s->ingress = skb->ingress_ifindex;
	s->protocol = skb->protocol;
	if ((void *)(m + 1) <= (void *)(long)skb->data)
		s->meta = *m;
	return TC_ACT_OK;
}

SEC("tc/drop") int drop(struct __sk_buff *skb)
{
	return skb->protocol == bpf_htons(0x0800) ? TC_ACT_SHOT : TC_ACT_OK;
}

char _license[] SEC("license") = "GPL";
