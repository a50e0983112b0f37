/* VLAN tags (IEEE 802.1Q). A packet's outermost tag may be beside it, as devices deliver it, in
 * vlan_proto and vlan_tci; others are in the frame, after the addresses.
 * Invariant: protocol is what follows the tag that is beside the packet. */
#include "helper/helper.h"

#include <linux/if_ether.h>
#include <string.h>

#include "base/err.h"
#include "helper/skb.h"

#define VLAN_HLEN  4
#define ADDRESSES  (2 * ETH_ALEN)
#define TAGGED_LEN (ETH_HLEN + VLAN_HLEN)

static u16 load_be16(const u8 *p)
{
	return (u16)(p[0] << 8 | p[1]);
}

static void store_u16(u8 *p, u16 v) /* as it is: in network byte order already */
{
	memcpy(p, &v, sizeof(v));
}

static bool is_vlan(u16 network_proto)
{
	u16 proto = __builtin_bswap16(network_proto);

	return proto == ETH_P_8021Q || proto == ETH_P_8021AD;
}

/* Write the tag that is beside the packet into the frame. */
static s64 tag_into_frame(struct skep_skb *skb)
{
	TRY(skb_grow_front(skb, VLAN_HLEN));
	memmove(skb->data, skb->data + VLAN_HLEN, ADDRESSES);
	skb->mac_header = skb->data;
	store_u16(skb->data + ADDRESSES, skb->vlan_proto);
	store_u16(skb->data + ADDRESSES + 2, __builtin_bswap16(skb->vlan_tci));
	skb_csum_gain(skb, ADDRESSES, VLAN_HLEN, 0);
	skb->network_header -=
		VLAN_HLEN; /* what follows the addresses' type: the tag, as said by */
	skb->protocol = skb->vlan_proto;
	return 0;
}

static void set_tag(struct skep_skb *skb, u16 network_proto, u16 tci)
{
	skb->vlan_present = 1;
	skb->vlan_proto = network_proto;
	skb->vlan_tci = tci;
}

static void clear_tag(struct skep_skb *skb)
{
	skb->vlan_present = 0;
	skb->vlan_proto = 0;
	skb->vlan_tci = 0;
}

HELPER_FN(skb_vlan_push)
{
	struct skep_skb *skb = helper_ptr(r1);
	u16 proto = (u16)r2;

	if (!is_vlan(proto))
		proto = __builtin_bswap16(ETH_P_8021Q);
	if (skb->vlan_present)
		TRY(tag_into_frame(skb));
	set_tag(skb, proto, (u16)r3);
	return 0;
}

const struct skep_helper helper_skb_vlan_push = {
	HELPER_ID(skb_vlan_push),
	.flags = SKEP_HELPER_CHANGES_PKT,
	.arg = { SKEP_ARG_CTX, SKEP_ARG_ANYTHING, SKEP_ARG_ANYTHING },
};

/* The protocol of an untagged frame; small numbers are lengths (IEEE 802.3). */
static u16 frame_protocol(const struct skep_skb *skb)
{
	u16 type = load_be16(skb->data + ADDRESSES);

	if (type >= ETH_P_802_3_MIN)
		return type;
	return skb->len >= ETH_HLEN + 2 && load_be16(skb->data + ETH_HLEN) == 0xffff ? ETH_P_802_3
										     : ETH_P_802_2;
}

static s64 tag_out_of_frame(struct skep_skb *skb, u16 *tci)
{
	if (skb->len < TAGGED_LEN)
		return -ENOMEM;
	*tci = load_be16(skb->data + ETH_HLEN);
	skb_csum_lose(skb, ADDRESSES, VLAN_HLEN, 0);
	memmove(skb->data + VLAN_HLEN, skb->data, ADDRESSES);
	skb_shrink_front(skb, VLAN_HLEN);
	skb->mac_header = skb->data;
	if (skb->network_header < skb->data + ETH_HLEN)
		skb->network_header = skb->data + ETH_HLEN;
	skb->protocol = __builtin_bswap16(frame_protocol(skb));
	return 0;
}

/* Remove the outermost tag; the next one, if any, comes to be beside the packet. */
static s64 vlan_pop(struct skep_skb *skb)
{
	u16 proto, tci;

	if (!skb->vlan_present) {
		if (!is_vlan(skb->protocol))
			return 0;
		TRY(tag_out_of_frame(skb, &tci));
	}
	clear_tag(skb);
	if (!is_vlan(skb->protocol))
		return 0;
	proto = skb->protocol;
	TRY(tag_out_of_frame(skb, &tci));
	set_tag(skb, proto, tci);
	return 0;
}

HELPER_FN(skb_vlan_pop)
{
	return helper_result(vlan_pop(helper_ptr(r1)));
}

const struct skep_helper helper_skb_vlan_pop = {
	HELPER_ID(skb_vlan_pop),
	.flags = SKEP_HELPER_CHANGES_PKT,
	.arg = { SKEP_ARG_CTX },
};
