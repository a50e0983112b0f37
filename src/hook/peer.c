/* See peer.h. */
#include "hook/peer.h"

#include <arpa/inet.h>
#include <linux/if_ether.h>
#include <netinet/if_ether.h>
#include <netinet/ip.h>
#include <netinet/ip_icmp.h>
#include <netinet/udp.h>
#include <stdlib.h>
#include <string.h>

#include "helper/checksum.h"
#include "hook/peer_tcp.h"

#define FRAME_MAX                                                                                  \
	9216 /* of what the peer sends: it never sends more than it got, but for headers */
#define ALIGNMENT 2
#define TTL	  64
#define ECHO_PORT 7

struct peer {
	u8 mac[ETH_ALEN], other[ETH_ALEN]; /* other: who sent the last frame */
	u32 addr;
	void (*send)(void *arg, const u8 *frame, u32 len);
	void *arg;
	struct tcp_echo *tcp;
	u16 ip_id;
	/* Frames begin 2 bytes into these, so that their IP headers are aligned. */
	u8 out_room[ALIGNMENT + FRAME_MAX] __attribute__((aligned(8)));
	u8 in_room[ALIGNMENT + FRAME_MAX] __attribute__((aligned(8)));
	u8 *out;
};

static u16 sum(const void *bytes, u32 len, u32 seed)
{
	return (u16)~csum_fold(csum_bytes((const u8 *)bytes, len, seed));
}

/* The pseudo header's part of UDP's and TCP's checksums. */
static u32 pseudo_sum(u32 from, u32 to, u8 protocol, u32 len)
{
	u8 h[12] = { 0 };

	memcpy(h, &from, 4);
	memcpy(h + 4, &to, 4);
	h[9] = protocol;
	h[10] = (u8)(len >> 8);
	h[11] = (u8)len;
	return csum_bytes(h, sizeof(h), 0);
}

static void send_frame(struct peer *p, u16 type, u32 len)
{
	struct ethhdr *eth = (void *)p->out;

	memcpy(eth->h_dest, p->other, ETH_ALEN);
	memcpy(eth->h_source, p->mac, ETH_ALEN);
	eth->h_proto = htons(type);
	p->send(p->arg, p->out, ETH_HLEN + len);
}

static u8 *ip_payload(struct peer *p)
{
	return p->out + ETH_HLEN + sizeof(struct iphdr);
}

/* Put the header before a payload that is in place. */
static void send_ip(struct peer *p, u32 to, u8 protocol, u32 len)
{
	struct iphdr *ip = (void *)(p->out + ETH_HLEN);

	*ip = (struct iphdr){ .version = 4,
			      .ihl = 5,
			      .tot_len = htons((u16)(sizeof(*ip) + len)),
			      .id = htons(p->ip_id++),
			      .ttl = TTL,
			      .protocol = protocol,
			      .saddr = p->addr,
			      .daddr = to };
	ip->check = sum(ip, sizeof(*ip), 0);
	send_frame(p, ETH_P_IP, sizeof(*ip) + len);
}

static void answer_arp(struct peer *p, const u8 *payload, u32 len)
{
	struct ether_arp arp;

	if (len < sizeof(arp))
		return;
	memcpy(&arp, payload, sizeof(arp));
	if (arp.ea_hdr.ar_op != htons(ARPOP_REQUEST) || memcmp(arp.arp_tpa, &p->addr, 4))
		return;
	arp.ea_hdr.ar_op = htons(ARPOP_REPLY);
	memcpy(arp.arp_tha, arp.arp_sha, ETH_ALEN);
	memcpy(arp.arp_tpa, arp.arp_spa, 4);
	memcpy(arp.arp_sha, p->mac, ETH_ALEN);
	memcpy(arp.arp_spa, &p->addr, 4);
	memcpy(p->out + ETH_HLEN, &arp, sizeof(arp));
	send_frame(p, ETH_P_ARP, sizeof(arp));
}

static void send_icmp(struct peer *p, u32 to, u32 len)
{
	struct icmphdr *h = (void *)ip_payload(p);

	h->checksum = 0;
	h->checksum = sum(h, len, 0);
	send_ip(p, to, IPPROTO_ICMP, len);
}

static void answer_icmp(struct peer *p, const struct iphdr *ip, const u8 *payload, u32 len)
{
	struct icmphdr *h = (void *)ip_payload(p);

	if (len < sizeof(*h) || sum(payload, len, 0))
		return;
	memcpy(h, payload, len);
	if (h->type != ICMP_ECHO || h->code)
		return;
	h->type = ICMP_ECHOREPLY;
	send_icmp(p, ip->saddr, len);
}

/* RFC 792: the header and eight bytes of what cannot be delivered. */
static void send_unreachable(struct peer *p, const struct iphdr *ip)
{
	struct icmphdr *h = (void *)ip_payload(p);
	u32 quoted = ip->ihl * 4u + 8;

	memset(h, 0, sizeof(*h));
	h->type = ICMP_DEST_UNREACH;
	h->code = ICMP_PORT_UNREACH;
	memcpy(h + 1, ip, quoted);
	send_icmp(p, ip->saddr, sizeof(*h) + quoted);
}

static void answer_udp(struct peer *p, const struct iphdr *ip, const u8 *payload, u32 len)
{
	struct udphdr *h = (void *)ip_payload(p);
	u32 pseudo;

	if (len < sizeof(*h))
		return;
	memcpy(h, payload, sizeof(*h));
	if (ntohs(h->len) < sizeof(*h) || ntohs(h->len) > len)
		return;
	len = ntohs(h->len);
	pseudo = pseudo_sum(ip->saddr, ip->daddr, IPPROTO_UDP, len);
	if (h->check && sum(payload, len, pseudo))
		return;
	if (h->dest != htons(ECHO_PORT)) {
		send_unreachable(p, ip);
		return;
	}
	memcpy(h, payload, len);
	h->dest = h->source;
	h->source = htons(ECHO_PORT);
	h->check = 0;
	h->check = sum(h, len, pseudo) ?: 0xffff;
	send_ip(p, ip->saddr, IPPROTO_UDP, len);
}

static void send_tcp(void *arg, u32 to, const struct tcphdr *h, const u8 *data, u32 len)
{
	struct peer *p = arg;
	struct tcphdr *out = (void *)ip_payload(p);
	u32 size = sizeof(*h) + len;

	*out = *h;
	if (len)
		memcpy(out + 1, data, len);
	out->check = sum(out, size, pseudo_sum(p->addr, to, IPPROTO_TCP, size));
	send_ip(p, to, IPPROTO_TCP, size);
}

static void answer_tcp(struct peer *p, const struct iphdr *ip, const u8 *payload, u32 len)
{
	if (len >= sizeof(struct tcphdr) &&
	    !sum(payload, len, pseudo_sum(ip->saddr, ip->daddr, IPPROTO_TCP, len)))
		tcp_echo_input(p->tcp, ip->saddr, payload, len);
}

static void answer_ip(struct peer *p, const u8 *payload, u32 len)
{
	const struct iphdr *ip = (const void *)payload;
	u32 head;

	if (len < sizeof(*ip) || ip->version != 4 || ip->daddr != p->addr)
		return;
	head = ip->ihl * 4u;
	if (head < sizeof(*ip) || ntohs(ip->tot_len) < head || ntohs(ip->tot_len) > len ||
	    ip->frag_off & htons(0x3fff) /* no reassembly */ || sum(ip, head, 0))
		return;
	payload += head;
	len = ntohs(ip->tot_len) - head;
	if (ip->protocol == IPPROTO_ICMP)
		answer_icmp(p, ip, payload, len);
	else if (ip->protocol == IPPROTO_UDP)
		answer_udp(p, ip, payload, len);
	else if (ip->protocol == IPPROTO_TCP)
		answer_tcp(p, ip, payload, len);
}

void peer_input(struct peer *p, const u8 *frame, u32 len)
{
	struct ethhdr eth;

	if (len < ETH_HLEN || len > FRAME_MAX - 64)
		return;
	memcpy(&eth, frame, sizeof(eth));
	if (!(eth.h_dest[0] & 1) && memcmp(eth.h_dest, p->mac, ETH_ALEN))
		return;
	memcpy(p->other, eth.h_source, ETH_ALEN);
	frame = memcpy(p->in_room + ALIGNMENT, frame, len);
	if (eth.h_proto == htons(ETH_P_ARP))
		answer_arp(p, frame + ETH_HLEN, len - ETH_HLEN);
	else if (eth.h_proto == htons(ETH_P_IP))
		answer_ip(p, frame + ETH_HLEN, len - ETH_HLEN);
}

bool peer_tick(struct peer *p)
{
	return tcp_echo_tick(p->tcp);
}

struct peer *peer_new(const u8 mac[6], u32 addr, void (*send)(void *arg, const u8 *frame, u32 len),
		      void *arg)
{
	struct peer *p = calloc(1, sizeof(*p));

	if (!p)
		return NULL;
	memcpy(p->mac, mac, ETH_ALEN);
	p->addr = addr;
	p->out = p->out_room + ALIGNMENT;
	p->send = send;
	p->arg = arg;
	p->tcp = tcp_echo_new(send_tcp, p);
	if (!p->tcp) {
		free(p);
		return NULL;
	}
	return p;
}

void peer_free(struct peer *p)
{
	if (!p)
		return;
	tcp_echo_free(p->tcp);
	free(p);
}
