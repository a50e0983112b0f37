/* What is known about a packet beside its bytes: flow hash, type, socket. */
#include "helper/helper.h"

#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <netinet/in.h>
#include <string.h>

#include "base/err.h"
#include "helper/skb.h"

struct flow { /* what packets of one connection's direction share */
	u8 addresses[32];
	u8 ports[4];
	u8 proto;
};

static bool has_ports(u8 proto)
{
	return proto == IPPROTO_TCP || proto == IPPROTO_UDP || proto == IPPROTO_SCTP ||
	       proto == IPPROTO_DCCP || proto == IPPROTO_UDPLITE;
}

/* Copy len bytes at `off` from the network header if they are there. */
static bool network_bytes(const struct skep_skb *skb, u32 off, void *to, u32 len)
{
	if (skb->network_header > skb->data_end ||
	    (u64)(skb->data_end - skb->network_header) < (u64)off + len)
		return false;
	memcpy(to, skb->network_header + off, len);
	return true;
}

static struct flow dissect(const struct skep_skb *skb)
{
	struct flow f = { 0 };
	u8 first = 0, fragment[2] = { 0 };
	u32 ports = 0;

	if (skb->protocol == __builtin_bswap16(ETH_P_IP) && network_bytes(skb, 0, &first, 1) &&
	    network_bytes(skb, 12, f.addresses, 8)) {
		network_bytes(skb, 9, &f.proto, 1);
		network_bytes(skb, 6, fragment, 2);
		ports = (first & 0xf) * 4u;
	} else if (skb->protocol == __builtin_bswap16(ETH_P_IPV6) &&
		   network_bytes(skb, 8, f.addresses, 32)) {
		network_bytes(skb, 6, &f.proto, 1);
		ports = 40;
	}
	/* All of a datagram's fragments hash alike, so ports count in none. */
	if (ports && has_ports(f.proto) && !(fragment[0] & 0x3f) && !fragment[1])
		network_bytes(skb, ports, f.ports, 4);
	return f;
}

/* FNV-1a: Linux's hash has a secret key, so only its being stable per flow and not zero counts. */
static u32 flow_hash(const struct flow *f)
{
	const u8 *p = (const u8 *)f;
	u32 h = 2166136261u;

	for (u32 i = 0; i < sizeof(*f); i++)
		h = (h ^ p[i]) * 16777619u;
	return h ? h : 1;
}

HELPER_FN(get_hash_recalc)
{
	struct skep_skb *skb = helper_ptr(r1);

	if (!skb->hash_valid) {
		struct flow f = dissect(skb);

		skb->hash = flow_hash(&f);
		skb->hash_valid = 1;
	}
	return skb->hash;
}

const struct skep_helper helper_get_hash_recalc = {
	HELPER_ID(get_hash_recalc),
	.arg = { SKEP_ARG_CTX },
};

HELPER_FN(set_hash_invalid)
{
	skb_forget_hash(helper_ptr(r1));
	return 0;
}

const struct skep_helper helper_set_hash_invalid = {
	HELPER_ID(set_hash_invalid),
	.arg = { SKEP_ARG_CTX },
};

HELPER_FN(set_hash)
{
	struct skep_skb *skb = helper_ptr(r1);

	skb->hash = (u32)r2;
	skb->hash_valid = 1;
	return 0;
}

const struct skep_helper helper_set_hash = {
	HELPER_ID(set_hash),
	.arg = { SKEP_ARG_CTX, SKEP_ARG_ANYTHING },
};

HELPER_FN(skb_change_type)
{
	struct skep_skb *skb = helper_ptr(r1);

	if ((u32)r2 > PACKET_OTHERHOST)
		return helper_result(-EINVAL);
	skb->pkt_type = (u8)r2;
	return 0;
}

const struct skep_helper helper_skb_change_type = {
	HELPER_ID(skb_change_type),
	.arg = { SKEP_ARG_CTX, SKEP_ARG_ANYTHING },
};

HELPER_FN(get_socket_cookie)
{
	return ((const struct skep_skb *)helper_ptr(r1))->sk_cookie;
}

const struct skep_helper helper_get_socket_cookie = {
	HELPER_ID(get_socket_cookie),
	.arg = { SKEP_ARG_CTX },
};

HELPER_FN(get_socket_uid)
{
	return ((const struct skep_skb *)helper_ptr(r1))->sk_uid;
}

const struct skep_helper helper_get_socket_uid = {
	HELPER_ID(get_socket_uid),
	.arg = { SKEP_ARG_CTX },
};
