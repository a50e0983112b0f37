/* Longer and shorter packets: at the ends, or between headers (tunnels). Room that programs gain is
 * zero. */
#include "helper/helper.h"

#include <linux/if_ether.h>
#include <string.h>

#include "base/err.h"
#include "helper/skb.h"

static s64 change_tail(struct skep_skb *skb, u32 new_len, u64 flags)
{
	u32 old_len = skb->len;

	if (flags || new_len > SKB_LEN_MAX || new_len < skb->network_header - skb->data)
		return -EINVAL;
	if (new_len != old_len && skb->ip_summed == SKEP_CSUM_COMPLETE)
		skb->ip_summed = SKEP_CSUM_NONE;
	if (new_len > old_len) {
		TRY(skb_grow_back(skb, new_len - old_len));
		memset(skb->data + old_len, 0, new_len - old_len);
		return 0;
	}
	skb->data_end = skb->data + new_len;
	skb->len = new_len;
	return 0;
}

HELPER_FN(skb_change_tail)
{
	return helper_result(change_tail(helper_ptr(r1), (u32)r2, r3));
}

const struct skep_helper helper_skb_change_tail = {
	HELPER_ID(skb_change_tail),
	.flags = SKEP_HELPER_CHANGES_PKT,
	.arg = { SKEP_ARG_CTX, SKEP_ARG_ANYTHING, SKEP_ARG_ANYTHING },
};

static s64 change_head(struct skep_skb *skb, u32 by, u64 flags)
{
	if (flags || (u64)skb->len + by > SKB_LEN_MAX)
		return -EINVAL;
	TRY(skb_grow_front(skb, by));
	memset(skb->data, 0, by);
	skb->mac_header = skb->data;
	return 0;
}

HELPER_FN(skb_change_head)
{
	return helper_result(change_head(helper_ptr(r1), (u32)r2, r3));
}

const struct skep_helper helper_skb_change_head = {
	HELPER_ID(skb_change_head),
	.flags = SKEP_HELPER_CHANGES_PKT,
	.arg = { SKEP_ARG_CTX, SKEP_ARG_ANYTHING, SKEP_ARG_ANYTHING },
};

#define ROOM_MAX	 0xfff /* either way, at once */
#define ROOM_ENCAP_L3	 (BPF_F_ADJ_ROOM_ENCAP_L3_IPV4 | BPF_F_ADJ_ROOM_ENCAP_L3_IPV6)
#define ROOM_ENCAP_L4	 (BPF_F_ADJ_ROOM_ENCAP_L4_GRE | BPF_F_ADJ_ROOM_ENCAP_L4_UDP)
#define ROOM_ENCAP_L2(f) ((f) >> BPF_ADJ_ROOM_ENCAP_L2_SHIFT & BPF_ADJ_ROOM_ENCAP_L2_MASK)
#define ROOM_ENCAP                                                                                 \
	(ROOM_ENCAP_L3 | ROOM_ENCAP_L4 | BPF_F_ADJ_ROOM_ENCAP_L2_ETH |                             \
	 (u64)BPF_ADJ_ROOM_ENCAP_L2_MASK << BPF_ADJ_ROOM_ENCAP_L2_SHIFT)
/* Debian 12's headers lack them. */
#define ROOM_DECAP_L3_IPV4 (1ULL << 7)
#define ROOM_DECAP_L3_IPV6 (1ULL << 8)
#define ROOM_DECAP	   (ROOM_DECAP_L3_IPV4 | ROOM_DECAP_L3_IPV6)
#define ROOM_KNOWN                                                                                 \
	(BPF_F_ADJ_ROOM_FIXED_GSO | BPF_F_ADJ_ROOM_NO_CSUM_RESET | ROOM_ENCAP | ROOM_DECAP)

#define IPV4_HEADER 20
#define IPV6_HEADER 40

/* Size of the network header without options, 0 if it is not IP. */
static u32 network_header_size(const struct skep_skb *skb)
{
	switch (__builtin_bswap16(skb->protocol)) {
	case ETH_P_IP: return IPV4_HEADER;
	case ETH_P_IPV6: return IPV6_HEADER;
	default: return 0;
	}
}

static void set_protocol(struct skep_skb *skb, u16 protocol)
{
	skb->protocol = __builtin_bswap16(protocol);
}

/* A tunnel's headers come in front of a packet that is no tunnel's yet. */
static s64 check_encap(const struct skep_skb *skb, u32 len, u64 flags)
{
	if ((flags & ROOM_ENCAP_L3) == ROOM_ENCAP_L3 || (flags & ROOM_ENCAP_L4) == ROOM_ENCAP_L4)
		return -EINVAL;
	if (flags & BPF_F_ADJ_ROOM_ENCAP_L2_ETH && ROOM_ENCAP_L2(flags) < ETH_HLEN)
		return -EINVAL;
	if (skb->encapsulation)
		return -EALREADY;
	return ROOM_ENCAP_L2(flags) > len ? -EINVAL : 0;
}

/* len zero bytes at off; what is before moves down. */
static s64 room_grow(struct skep_skb *skb, u32 off, u32 len, u64 flags)
{
	u32 network = (u32)(skb->network_header - skb->data);
	bool encap = flags & ROOM_ENCAP_L3;

	if (encap)
		TRY(check_encap(skb, len, flags));
	TRY(skb_grow_front(skb, len));
	memmove(skb->data, skb->data + len, off);
	memset(skb->data + off, 0, len);
	skb->mac_header = skb->data;
	skb->network_header = skb->data + network;
	skb->encapsulation |= encap;
	if (encap)
		set_protocol(skb, flags & BPF_F_ADJ_ROOM_ENCAP_L3_IPV6 ? ETH_P_IPV6 : ETH_P_IP);
	return 0;
}

static s64 room_shrink(struct skep_skb *skb, u32 off, u32 len, u64 flags)
{
	u32 network = (u32)(skb->network_header - skb->data);

	if ((u64)off + len > skb->len) /* decapsulation asks for less to remain than goes before */
		return -ENOMEM;
	skb_csum_lose(skb, off, len, 0); /* IP counts its header from an even byte */
	memmove(skb->data + len, skb->data, off);
	skb_shrink_front(skb, len);
	skb->mac_header = skb->data;
	skb->network_header = skb->data + network;
	if (flags & ROOM_DECAP)
		set_protocol(skb, flags & ROOM_DECAP_L3_IPV6 ? ETH_P_IPV6 : ETH_P_IP);
	return 0;
}

/* A header must remain: of the kind that is uncovered, if that is said. */
static u32 least_remaining(u32 header, u64 flags)
{
	if (flags & ROOM_DECAP_L3_IPV4)
		return IPV4_HEADER;
	return flags & ROOM_DECAP_L3_IPV6 ? IPV6_HEADER : header;
}

static s64 adjust_room(struct skep_skb *skb, s32 by, u32 mode, u64 flags)
{
	u32 len = by < 0 ? -(u32)by : (u32)by, header = network_header_size(skb);
	u64 network = (u64)(skb->network_header - skb->data);
	bool shrink = by < 0;
	s64 err;

	if (flags & ~(u64)ROOM_KNOWN)
		return -EINVAL;
	if (len > ROOM_MAX)
		return -EFAULT;
	if (!header || mode > BPF_ADJ_ROOM_MAC)
		return -ENOTSUPP;
	if (flags & ROOM_DECAP && (!shrink || (flags & ROOM_DECAP) == ROOM_DECAP))
		return -EINVAL;
	if (shrink ? network + len + least_remaining(header, flags) > skb->len
		   : (u64)skb->len + len > SKB_LEN_MAX)
		return -ENOTSUPP;
	if (shrink && flags & ROOM_ENCAP)
		return -EINVAL;
	network += mode == BPF_ADJ_ROOM_NET ? header : 0;
	err = shrink ? room_shrink(skb, (u32)network, len, flags)
		     : room_grow(skb, (u32)network, len, flags);
	if (!err && !(flags & BPF_F_ADJ_ROOM_NO_CSUM_RESET))
		skb_forget_checksums(skb);
	return err;
}

HELPER_FN(skb_adjust_room)
{
	return helper_result(adjust_room(helper_ptr(r1), (s32)r2, (u32)r3, r4));
}

const struct skep_helper helper_skb_adjust_room = {
	HELPER_ID(skb_adjust_room),
	.flags = SKEP_HELPER_CHANGES_PKT,
	.arg = { SKEP_ARG_CTX, SKEP_ARG_ANYTHING, SKEP_ARG_ANYTHING, SKEP_ARG_ANYTHING },
};

/* IPv4 to IPv6 and back: the network header gets as much longer or shorter; what is in it is the
 * program's to write. */
static s64 change_proto(struct skep_skb *skb, u16 proto, u64 flags)
{
	u32 network = (u32)(skb->network_header - skb->data);
	u16 from = __builtin_bswap16(skb->protocol), to = __builtin_bswap16(proto);
	s64 err;

	if (flags)
		return -EINVAL;
	if (from == ETH_P_IP && to == ETH_P_IPV6)
		err = room_grow(skb, network, IPV6_HEADER - IPV4_HEADER, 0);
	else if (from == ETH_P_IPV6 && to == ETH_P_IP)
		err = room_shrink(skb, network, IPV6_HEADER - IPV4_HEADER, 0);
	else
		return -ENOTSUPP;
	if (err)
		return err;
	skb->protocol = proto;
	skb_forget_hash(skb);
	return 0;
}

HELPER_FN(skb_change_proto)
{
	return helper_result(change_proto(helper_ptr(r1), (u16)r2, r3));
}

const struct skep_helper helper_skb_change_proto = {
	HELPER_ID(skb_change_proto),
	.flags = SKEP_HELPER_CHANGES_PKT,
	.arg = { SKEP_ARG_CTX, SKEP_ARG_ANYTHING, SKEP_ARG_ANYTHING },
};
