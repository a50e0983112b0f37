/* Packets to run programs on: memory of an instance that holds one packet at a time, with the room that
 * Linux gives on both sides, and the native contexts over it. Set up once, used for any number of
 * packets without allocation. One thread at a time.
 *
 * All of it, contexts included, is one segment of the runtime's address range, so that probe_read
 * works on it (DESIGN D7). Pages are committed on first touch: the reserve for growth costs nothing. */
#ifndef SKEP_PROG_PACKET_H
#define SKEP_PROG_PACKET_H

#include "base/va.h"
#include "skep/packet.h"

/* Linux's layout of a page that XDP receives into; measured with test runs on 6.18. */
#define PACKET_PAGE	4096
#define PACKET_HEADROOM 256 /* XDP_PACKET_HEADROOM */
#define PACKET_RESERVED 40  /* of the headroom, for struct xdp_frame */
#define PACKET_TAILROOM 320 /* struct skb_shared_info */
#define PACKET_XDP_MAX	(PACKET_PAGE - PACKET_HEADROOM - PACKET_TAILROOM)

/* The longest packet: XDP's first buffer and MAX_SKB_FRAGS more of a page each. */
#define PACKET_FRAGS_MAX (17 * PACKET_PAGE)
#define PACKET_MAX	 (PACKET_XDP_MAX + PACKET_FRAGS_MAX)

struct packet {
	struct segment seg;
	struct skep_xdp *xdp; /* in seg */
	struct skep_skb *skb;
	struct skep_tunnel *tunnel;
	u8 *bytes; /* where packet_set() puts the packet */
};

/* The device that a packet came in on, as far as programs can tell. */
struct packet_device {
	u8 addr[6], broadcast[6];
	u32 ifindex;
};
extern const struct packet_device packet_loopback;

int packet_init(struct packet *p, struct va *va) MUST_CHECK;
void packet_done(struct packet *p); /* takes a zeroed one */

/* Put a packet of len bytes in place; the headroom reads as zero. -E2BIG. */
int packet_set(struct packet *p, const void *bytes, u32 len) MUST_CHECK;

/* A fresh context over the first len bytes of the packet, all in the first buffer. Afterwards the
 * packet is p->xdp->data … data_end. */
struct skep_xdp *packet_xdp(struct packet *p, u32 len);

/* … as the network stack sees an Ethernet frame (len >= 14): protocol and pkt_type come from the link
 * layer's header; data stays at that header. */
struct skep_skb *packet_skb(struct packet *p, u32 len, const struct packet_device *dev);
/* Move data to the network header, where socket filters begin, and back. */
void packet_skb_pull_mac(struct skep_skb *skb);
void packet_skb_push_mac(struct skep_skb *skb);

/* LD_ABS and LD_IND on a struct skep_skb: load size (1, 2 or 4) bytes as a big-endian number. off counts
 * from data, or, at SKF_NET_OFF and SKF_LL_OFF, from the network or link layer's header. False if there
 * is no such place: the program ends and returns 0. */
bool packet_ld_abs(const void *ctx, s32 off, u32 size, u64 *out);

#endif
