/* See socket_progs.h: frames and the programs of the sockets that they are for.
 *
 * Which socket a datagram is for is decided by addresses and ports, as Linux does; where several would take it
 * (SO_REUSEPORT), each one's program sees it. Fragments are for nobody: our peer sends none, and lo's packets are whole. */
#include <errno.h>
#include <linux/bpf.h>
#include <linux/filter.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "exec/prog.h"
#include "exec/run.h"
#include "hook/device.h"
#include "prog/packet.h"
#include "supervise/socket_progs.h"

#define IPV4_MIN 20
#define IPV6_LEN 40
#define UDP_LEN	 8

struct endpoint {
	u8 addr[16]; /* IPv4's mapped */
	u16 port;    /* network byte order */
};

struct place { /* of a frame's headers */
	const u8 *frame;
	u32 len;
	u16 ethertype;
	u8 protocol;   /* of IP; 0: it is none, or a fragment */
	u32 transport; /* offset */
	bool ipv4;
	struct endpoint from, to;
};

/* --- what is in the frame --- */

static void map_ipv4(u8 out[16], const u8 *addr)
{
	memset(out, 0, 10);
	memset(out + 10, 0xff, 2);
	memcpy(out + 12, addr, 4);
}

static void parse_ipv4(struct place *p, const u8 *ip, u32 len)
{
	u32 header = len >= IPV4_MIN ? (ip[0] & 15u) * 4 : 0;

	if (header < IPV4_MIN || header > len || (ip[6] & 0x3f) || ip[7])
		return;
	p->ipv4 = true;
	p->protocol = ip[9];
	p->transport = ETH_HLEN + header;
	map_ipv4(p->from.addr, ip + 12);
	map_ipv4(p->to.addr, ip + 16);
}

static void parse_ipv6(struct place *p, const u8 *ip, u32 len)
{
	if (len < IPV6_LEN)
		return;
	p->protocol = ip[6];
	p->transport = ETH_HLEN + IPV6_LEN;
	memcpy(p->from.addr, ip + 8, 16);
	memcpy(p->to.addr, ip + 24, 16);
}

static void parse(struct place *p, const u8 *frame, u32 len)
{
	*p = (struct place){ .frame = frame,
			     .len = len,
			     .ethertype = (u16)(frame[12] << 8 | frame[13]) };
	if (p->ethertype == ETH_P_IP)
		parse_ipv4(p, frame + ETH_HLEN, len - ETH_HLEN);
	else if (p->ethertype == ETH_P_IPV6)
		parse_ipv6(p, frame + ETH_HLEN, len - ETH_HLEN);
	if (p->protocol == IPPROTO_UDP && p->len >= p->transport + UDP_LEN) {
		memcpy(&p->from.port, frame + p->transport, 2);
		memcpy(&p->to.port, frame + p->transport + 2, 2);
	}
}

/* --- is it for that socket? --- */

static bool read_endpoint(int sock, int (*get)(int, struct sockaddr *, socklen_t *),
			  struct endpoint *e)
{
	struct sockaddr_storage ss = { 0 };
	socklen_t len = sizeof(ss);
	const struct sockaddr_in *in = (const void *)&ss;
	const struct sockaddr_in6 *in6 = (const void *)&ss;

	memset(e, 0, sizeof(*e));
	if (get(sock, (struct sockaddr *)&ss, &len) < 0)
		return false;
	if (ss.ss_family == AF_INET && in->sin_addr.s_addr)
		map_ipv4(e->addr, (const u8 *)&in->sin_addr);
	else if (ss.ss_family == AF_INET6)
		memcpy(e->addr, &in6->sin6_addr, 16);
	e->port = ss.ss_family == AF_INET ? in->sin_port : in6->sin6_port;
	return true;
}

static int get_name(int sock, struct sockaddr *a, socklen_t *len)
{
	return getsockname(sock, a, len);
}

static int get_peer(int sock, struct sockaddr *a, socklen_t *len)
{
	return getpeername(sock, a, len);
}

static bool is_any(const struct endpoint *e)
{
	static const u8 none[16];

	return !memcmp(e->addr, none, sizeof(none));
}

/* ports: they count, too. */
static bool is_for_inet(int sock, const struct place *p, bool ports)
{
	struct endpoint own, peer;

	if (!read_endpoint(sock, get_name, &own) || (ports && own.port != p->to.port) ||
	    (!is_any(&own) && memcmp(own.addr, p->to.addr, 16)))
		return false;
	if (!read_endpoint(sock, get_peer, &peer))
		return true; /* not connected */
	return (!ports || peer.port == p->from.port) &&
	       (is_any(&peer) || !memcmp(peer.addr, p->from.addr, 16));
}

static bool is_for_raw(int sock, const struct place *p)
{
	socklen_t len = sizeof(int);
	int protocol = 0;

	return p->ipv4 && p->protocol &&
	       !getsockopt(sock, SOL_SOCKET, SO_PROTOCOL, &protocol, &len) &&
	       protocol == p->protocol && is_for_inet(sock, p, false);
}

/* sent: such frames only come to sockets that see all protocols. */
static bool is_for_packet(int sock, const struct place *p, u32 ifindex, bool sent)
{
	struct sockaddr_ll ll = { 0 };
	socklen_t len = sizeof(ll);
	u16 protocol;

	if (getsockname(sock, (struct sockaddr *)&ll, &len) < 0 ||
	    (ll.sll_ifindex && ll.sll_ifindex != (int)ifindex))
		return false;
	protocol = __builtin_bswap16(ll.sll_protocol);
	return protocol == ETH_P_ALL || (!sent && protocol && protocol == p->ethertype);
}

static bool is_for(const struct socket_prog *e, int sock, const struct place *p, u32 ifindex)
{
	switch (e->kind) {
	case SOCKET_UDP: return p->to.port && is_for_inet(sock, p, true);
	case SOCKET_RAW: return is_for_raw(sock, p);
	case SOCKET_PACKET:
	case SOCKET_PACKET_DGRAM: return is_for_packet(sock, p, ifindex, false);
	default: return false;
	}
}

/* Quickly, without asking the kernel anything. */
static bool may_be_for(const struct socket_prog *e, const struct place *p)
{
	if (!e->prog[SOCKET_FILTER])
		return false;
	switch (e->kind) {
	case SOCKET_UDP: return p->to.port;
	case SOCKET_RAW: return p->ipv4 && p->protocol;
	case SOCKET_OTHER: return false;
	default: return true;
	}
}

/* --- running --- */

/* Where the packet begins for sockets of that kind. */
static u32 begin_of(const struct socket_prog *e, const struct place *p)
{
	switch (e->kind) {
	case SOCKET_PACKET: return 0;
	case SOCKET_UDP: return p->transport;
	default: return ETH_HLEN;
	}
}

static u32 run(struct socket_progs *s, struct socket_prog *e, struct device *d,
	       const struct place *p, bool sent)
{
	struct skep_prog *prog = e->prog[SOCKET_FILTER];
	struct packet_device as = { .ifindex = d->ifindex,
				    .broadcast = { 255, 255, 255, 255, 255, 255 } };
	struct skep_skb *skb;
	u32 begin = begin_of(e, p);

	memcpy(as.addr, d->addr, sizeof(as.addr));
	skb = packet_skb(s->devices->packet, p->len, &as);
	skb->data += begin;
	skb->data_meta = skb->data;
	skb->len -= begin;
	skb->wire_len = p->len;
	skb->sk_uid = e->uid;
	skb->sk_cookie = e->cookie;
	skb->ingress_ifindex = sent ? 0 : d->ifindex;
	if (sent)
		skb->pkt_type = PACKET_OUTGOING;
	s->devices->run->ctx_size = sizeof(*skb);
	return (u32)prog_run(prog, skb, s->devices->run);
}

/* Packet sockets see the frame at the TAP, too, by which it comes to lo: there it is refused. */
static int let_pass(int sock, u32 len, u32 ifindex)
{
	struct sock_filter code[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, (u32)(SKF_AD_OFF + SKF_AD_IFINDEX)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, ifindex, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, len),
		BPF_STMT(BPF_RET | BPF_K, 0),
	};
	struct sock_fprog prog = { ARRAY_SIZE(code), code };

	return setsockopt(sock, SOL_SOCKET, SO_ATTACH_FILTER, &prog, sizeof(prog));
}

static void choose(struct socket_progs *s, struct socket_prog *e, struct device *d,
		   const struct place *p)
{
	int sock = socket_progs_open(e);
	u32 pass;

	if (sock < 0)
		return;
	if (is_for(e, sock, p, d->ifindex)) {
		pass = run(s, e, d, p, false);
		if (pass)
			e->open = let_pass(sock, pass, d->ifindex) == 0;
	}
	close(sock);
}

void sockets_choose(struct socket_progs *s, struct device *d, const u8 *frame, u32 len)
{
	struct place p;

	if (!s || !s->first || len < ETH_HLEN)
		return;
	parse(&p, frame, len);
	for (struct socket_prog *e = s->first; e; e = e->next)
		if (may_be_for(e, &p))
			choose(s, e, d, &p);
}

void sockets_refuse(struct socket_progs *s)
{
	for (struct socket_prog *e = s ? s->first : NULL; e; e = e->next) {
		int sock = e->open ? socket_progs_open(e) : -1;

		if (sock < 0)
			continue;
		e->open = socket_refuse_all(s, sock) < 0;
		close(sock);
	}
}

void sockets_sent(struct socket_progs *s, struct device *d, const u8 *frame, u32 len)
{
	struct place p;

	if (!s || !s->first || len < ETH_HLEN)
		return;
	parse(&p, frame, len);
	for (struct socket_prog *e = s->first; e; e = e->next) {
		bool packets = e->kind == SOCKET_PACKET || e->kind == SOCKET_PACKET_DGRAM;
		int sock = packets && e->prog[SOCKET_FILTER] ? socket_progs_open(e) : -1;

		if (sock < 0)
			continue;
		if (is_for_packet(sock, &p, d->ifindex, true))
			run(s, e, d, &p, true);
		close(sock);
	}
}
