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

#define PACKET_HEADROOM	   256	  /* XDP_PACKET_HEADROOM */
#define PACKET_TAILROOM	   320	  /* struct skb_shared_info, at the end of a page of XDP memory */
#define PACKET_PAGE	   4096
#define PACKET_XDP_MAX	   (PACKET_PAGE - PACKET_HEADROOM - PACKET_TAILROOM)
#define PACKET_LEN_MAX	   0x10000 /* bytes of the longest packet that packet_set() takes */

struct packet {
	struct segment seg;
	struct skep_xdp *xdp; /* in seg */
	struct skep_skb *skb;
	u8 *bytes; /* where packet_set() puts the packet */
};

int packet_init(struct packet *p, struct va *va) MUST_CHECK;
void packet_done(struct packet *p); /* takes a zeroed one */

/* Put a packet of len bytes in place; headroom and the byte behind it read as zero. -E2BIG. */
int packet_set(struct packet *p, const void *bytes, u32 len) MUST_CHECK;

/* A fresh context over the packet of packet_set(), which had len bytes. Fields about devices are 0. */
struct skep_xdp *packet_xdp(struct packet *p, u32 len);

/* … as the network stack sees a frame received on an Ethernet device: protocol and pkt_type come from
 * the link layer's header, which must be there (len >= 14); data stays at that header. */
struct skep_skb *packet_skb(struct packet *p, u32 len);
/* Move data to the network header (socket filters) and back. */
void packet_skb_pull_mac(struct skep_skb *skb);
void packet_skb_push_mac(struct skep_skb *skb);

/* LD_ABS and LD_IND: load size (1, 2, 4) bytes at off as a big-endian number; off may be relative to
 * SKF_NET_OFF or SKF_LL_OFF. ctx: struct skep_skb. False if out of bounds: the program returns 0. */
bool packet_ld_abs(const void *ctx, s32 off, u32 size, u64 *out);

#endif
