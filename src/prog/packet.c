#include "prog/packet.h"

#include <linux/filter.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <string.h>

#include "base/err.h"

#define CONTEXTS_SIZE PACKET_PAGE
/* As far as a packet may grow at either end: Linux limits packets to 64 KiB and a bit. */
#define GROWTH	     0x11000
#define OVERFLOW_UID 65534 /* user of packets that belong to no socket */

const struct packet_device packet_loopback = { .ifindex = 1 };

int packet_init(struct packet *p, struct va *va)
{
	*p = (struct packet){ 0 };
	TRY(segment_new(va, CONTEXTS_SIZE + GROWTH + PACKET_MAX + GROWTH, "bpf-packet", &p->seg));
	p->xdp = p->seg.base;
	p->skb = (void *)(p->xdp + 1);
	p->tunnel = (void *)(p->skb + 1);
	p->bytes = (u8 *)p->seg.base + CONTEXTS_SIZE + GROWTH;
	return 0;
}

void packet_done(struct packet *p)
{
	segment_free(&p->seg);
}

int packet_set(struct packet *p, const void *bytes, u32 len)
{
	if (len > PACKET_MAX)
		return fail(-E2BIG, "packet of %u bytes, %u are possible", len, PACKET_MAX);
	/* Programs may look at headroom that they claim: no packet may show them another's bytes. */
	memset(p->bytes - PACKET_HEADROOM, 0, PACKET_HEADROOM);
	if (len)
		memcpy(p->bytes, bytes, len);
	return 0;
}

struct skep_xdp *packet_xdp(struct packet *p, u32 len)
{
	*p->xdp = (struct skep_xdp){
		.data = p->bytes,
		.data_end = p->bytes + len,
		.data_meta = p->bytes,
		.data_hard_start = p->bytes - PACKET_HEADROOM + PACKET_RESERVED,
		.data_hard_end = p->bytes + MAX(len, PACKET_XDP_MAX),
	};
	return p->xdp;
}

static u8 packet_type(const struct ethhdr *eth, const struct packet_device *dev)
{
	if (!memcmp(eth->h_dest, dev->addr, ETH_ALEN))
		return PACKET_HOST;
	if (!(eth->h_dest[0] & 1))
		return PACKET_OTHERHOST;
	return memcmp(eth->h_dest, dev->broadcast, ETH_ALEN) ? PACKET_MULTICAST : PACKET_BROADCAST;
}

/* Small numbers in the type field are lengths (IEEE 802.3); Novell's raw IPX begins with ffff. */
static u16 packet_protocol(const u8 *frame, u32 len)
{
	u16 type = (u16)(frame[12] << 8 | frame[13]);

	if (type >= ETH_P_802_3_MIN)
		return type;
	return len >= ETH_HLEN + 2 && frame[14] == 0xff && frame[15] == 0xff ? ETH_P_802_3
									     : ETH_P_802_2;
}

struct skep_skb *packet_skb(struct packet *p, u32 len, const struct packet_device *dev)
{
	u8 *start = (u8 *)p->seg.base + CONTEXTS_SIZE;

	p->tunnel->has_key = 0;
	p->tunnel->opt_len = 0;
	*p->skb = (struct skep_skb){
		.data = p->bytes,
		.data_end = p->bytes + len,
		.data_meta = p->bytes,
		.data_hard_start = start,
		.data_hard_end = (u8 *)p->seg.base + p->seg.size,
		.mac_header = p->bytes,
		.network_header = p->bytes + ETH_HLEN,
		.len = len,
		.tunnel = p->tunnel,
		.ifindex = dev->ifindex,
		.sk_uid = OVERFLOW_UID,
		.pkt_type = packet_type((const void *)p->bytes, dev),
		.protocol = __builtin_bswap16(packet_protocol(p->bytes, len)),
	};
	return p->skb;
}

static void move_data(struct skep_skb *skb, s32 by)
{
	skb->data += by;
	skb->data_meta = skb->data;
	skb->len = (u32)(skb->data_end - skb->data);
}

void packet_skb_pull_mac(struct skep_skb *skb)
{
	move_data(skb, ETH_HLEN);
}

void packet_skb_push_mac(struct skep_skb *skb)
{
	move_data(skb, -ETH_HLEN);
}

/* The place that off means, NULL if it is before the packet's memory. */
static const u8 *ld_abs_place(const struct skep_skb *skb, s32 off)
{
	const u8 *base = skb->data;

	if (off >= 0)
		return base + off;
	if (off >= SKF_NET_OFF) {
		base = skb->network_header;
		off -= SKF_NET_OFF;
	} else if (off >= SKF_LL_OFF) {
		base = skb->mac_header;
		off -= SKF_LL_OFF;
	} else {
		return NULL;
	}
	return base + off;
}

bool packet_ld_abs(const void *ctx, s32 off, u32 size, u64 *out)
{
	const struct skep_skb *skb = ctx;
	const u8 *at = ld_abs_place(skb, off);
	u64 value = 0;

	if (!at || at > skb->data_end || (u64)(skb->data_end - at) < size)
		return false;
	for (u32 i = 0; i < size; i++)
		value = value << 8 | at[i];
	*out = value;
	return true;
}
