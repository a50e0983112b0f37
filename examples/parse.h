/* Bounds-checked packet parsing, shared by the examples: a cursor that never passes data_end. */
#ifndef EXAMPLES_PARSE_H
#define EXAMPLES_PARSE_H

#include <linux/bpf.h>
#include <linux/if_ether.h>
#include <linux/in.h>
#include <linux/ip.h>
#include <linux/ipv6.h>
#include <linux/tcp.h>
#include <linux/udp.h>
#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>

/* <linux/icmp.h> drags in the host's C library, which has no BPF flavour. */
#define ICMP_ECHOREPLY 0
#define ICMP_ECHO      8
struct icmphdr {
	__u8 type, code;
	__be16 checksum, id, sequence;
};

struct cursor {
	void *pos, *end;
};

struct vlan {
	__be16 tci, proto;
};

/* The next size bytes, or NULL if the packet is too short. */
static __always_inline void *take(struct cursor *c, __u32 size)
{
	void *p = c->pos;

	if (p + size > c->end)
		return 0;
	c->pos = p + size;
	return p;
}

/* Past Ethernet and up to two VLAN tags; returns the protocol in network order, 0 if too short. */
static __always_inline __be16 take_link(struct cursor *c)
{
	struct ethhdr *eth = take(c, sizeof(*eth));
	__be16 proto;

	if (!eth)
		return 0;
	proto = eth->h_proto;
#pragma unroll
	for (int i = 0; i < 2; i++) {
		struct vlan *v;

		if (proto != bpf_htons(ETH_P_8021Q) && proto != bpf_htons(ETH_P_8021AD))
			break;
		v = take(c, sizeof(*v));
		if (!v)
			return 0;
		proto = v->proto;
	}
	return proto;
}

static __always_inline struct iphdr *take_ip(struct cursor *c)
{
	struct iphdr *ip = take(c, sizeof(*ip));
	__u32 options;

	if (!ip || ip->ihl < 5)
		return 0;
	options = ip->ihl * 4 - sizeof(*ip);
	if (c->pos + options > c->end)
		return 0;
	c->pos += options;
	return ip;
}

#endif
