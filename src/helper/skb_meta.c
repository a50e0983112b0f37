/* What is known about a packet beside its bytes: flow hash, type, socket. */
#include "helper/helper.h"

#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <netinet/in.h>
#include <string.h>

#include "base/err.h"
#include "exec/prog.h"
#include "helper/checksum.h"
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
	/* Contexts of other types say nothing about their sockets. */
	if (!(run->prog->type->flags & SKEP_PROG_SKB))
		return 0;
	return ((const struct skep_skb *)run->ctx)->sk_cookie;
}

const struct skep_helper helper_get_socket_cookie = {
	HELPER_ID(get_socket_cookie),
	.arg = { SKEP_ARG_CTX },
};

HELPER_FN(get_socket_uid)
{
	/* Contexts of other types say nothing about their sockets. */
	if (!(run->prog->type->flags & SKEP_PROG_SKB))
		return 0;
	return ((const struct skep_skb *)run->ctx)->sk_uid;
}

const struct skep_helper helper_get_socket_uid = {
	HELPER_ID(get_socket_uid),
	.arg = { SKEP_ARG_CTX },
};

/* ECN: congestion was experienced, if the packet's sender understands that. */
enum { ECN_MASK = 3, ECN_NOT_CAPABLE = 0 };

/* The header's checksum follows by difference (RFC 1624), whether it was right or not. */
static u64 set_ce_ipv4(u8 *ip)
{
	u32 ecn = ip[1] & ECN_MASK, sum = (u32)ip[10] << 8 | ip[11];

	if (ecn == ECN_NOT_CAPABLE)
		return 0;
	sum += 0xffff - (ECN_MASK - ecn);
	sum = ecn == ECN_MASK ? sum - 0xffff : (sum & 0xffff) + (sum >> 16);
	ip[1] |= ECN_MASK;
	ip[10] = (u8)(sum >> 8);
	ip[11] = (u8)sum;
	return 1;
}

/* The traffic class lies across the first two bytes. */
static u64 set_ce_ipv6(struct skep_skb *skb, u8 *ip)
{
	u32 off = (u32)(ip - skb->data);

	if ((ip[1] >> 4 & ECN_MASK) == ECN_NOT_CAPABLE)
		return 0;
	skb_csum_lose(skb, off, 2, 0);
	ip[1] |= ECN_MASK << 4;
	skb_csum_gain(skb, off, 2, 0);
	return 1;
}

HELPER_FN(skb_ecn_set_ce)
{
	struct skep_skb *skb = helper_ptr(r1);
	u64 left = (u64)(skb->data_end - skb->network_header);
	u8 *ip = skb->network_header;

	if (ip < skb->data_end && left >= 20 && __builtin_bswap16(skb->protocol) == ETH_P_IP &&
	    (u64)(ip[0] & 15) * 4 <= left && (ip[0] & 15) >= 5)
		return set_ce_ipv4(ip);
	if (ip >= skb->data && ip < skb->data_end && left >= 40 &&
	    __builtin_bswap16(skb->protocol) == ETH_P_IPV6)
		return set_ce_ipv6(skb, ip);
	return 0;
}

const struct skep_helper helper_skb_ecn_set_ce = {
	HELPER_ID(skb_ecn_set_ce),
	.arg = { SKEP_ARG_CTX },
};

HELPER_FN(skb_set_tstamp)
{
	struct skep_skb *skb = helper_ptr(r1);
	u16 protocol = __builtin_bswap16(skb->protocol);

	if (protocol != ETH_P_IP && protocol != ETH_P_IPV6)
		return helper_result(-EOPNOTSUPP);
	if ((u32)r3 > 2 || ((u32)r3 && !r2)) /* real time (0: none), monotonic, TAI */
		return helper_result(-EINVAL);
	skb->tstamp = r2;
	skb->tstamp_type = (u8)r3;
	return 0;
}

const struct skep_helper helper_skb_set_tstamp = {
	HELPER_ID(skb_set_tstamp),
	.arg = { SKEP_ARG_CTX, SKEP_ARG_ANYTHING, SKEP_ARG_ANYTHING },
};
