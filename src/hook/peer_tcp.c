/* See peer_tcp.h. A connection keeps the bytes between `una` and `end` of the stream it sends, in a ring;
 * [una, next) is on its way.
 * Invariants: una <= next <= end (+ 1 with the FIN), end - una <= TCP_BUFFER - 1: the window that we
 * offer is what is left of that. */
#include "hook/peer_tcp.h"

#include <arpa/inet.h>
#include <stdlib.h>
#include <string.h>

#define ECHO_PORT    7
#define MSS_DEFAULT  536
#define MSS_MAX	     1460
#define OPT_END	     0
#define OPT_NOP	     1
#define OPT_MSS	     2
#define FIRST_NUMBER 0x5eed0000u /* where our sequence numbers begin: nobody is to be fooled here */

struct connection {
	struct tcp_echo *echo;
	bool used, established, fin_seen, fin_sent;
	u32 addr;
	u16 port; /* network byte order */
	u32 recv_next, una, next, end, window, mss;
	u32 sent;     /* end of what was ever sent: next may have gone back */
	u32 seen_una; /* at the last tick */
	u32 repeats;  /* acknowledgments of nothing new in a row */
	u64 age;
	u8 ring[TCP_BUFFER];
};

struct tcp_echo {
	tcp_send_fn *send;
	void *arg;
	u64 clock; /* counts connections, for their age */
	struct connection *conn[TCP_CONNECTIONS];
};

struct segment_in {
	u32 from;
	const struct tcphdr *h;
	const u8 *data;
	u32 len, seq, ack;
};

static void send_flags(struct connection *c, u32 seq, u8 flags, const u8 *data, u32 len)
{
	u32 room = TCP_BUFFER - 1 - (c->end - c->una);
	struct tcphdr h = { .source = htons(ECHO_PORT),
			    .dest = c->port,
			    .seq = htonl(seq),
			    .ack_seq = htonl(c->recv_next),
			    .doff = 5,
			    .ack = 1,
			    .window = htons((u16)MIN(room, 65535u)) };

	h.th_flags = flags | TH_ACK;
	c->echo->send(c->echo->arg, c->addr, &h, data, len);
}

static void send_piece(struct connection *c, u32 seq, u32 len)
{
	u8 piece[MSS_MAX];

	for (u32 i = 0; i < len; i++)
		piece[i] = c->ring[(seq + i) % TCP_BUFFER];
	send_flags(c, seq, TH_PUSH, piece, len);
}

static void advance(struct connection *c, u32 n)
{
	c->next += n;
	if ((s32)(c->next - c->sent) > 0)
		c->sent = c->next;
}

/* All that the other side's window has room for. True: something was sent, with our acknowledgment. */
static bool output(struct connection *c)
{
	bool sent = false;
	u32 n;

	while (c->next != c->end && !c->fin_sent) {
		u32 used = c->next - c->una;

		n = MIN(c->end - c->next, c->mss);
		n = MIN(n, c->window > used ? c->window - used : 0);
		if (!n)
			return sent;
		send_piece(c, c->next, n);
		advance(c, n);
		sent = true;
	}
	if (c->fin_seen && !c->fin_sent) {
		send_flags(c, c->next, TH_FIN, NULL, 0);
		advance(c, 1);
		c->fin_sent = true;
		return true;
	}
	return sent;
}

static void refuse(struct tcp_echo *t, const struct segment_in *s)
{
	struct tcphdr h = { .source = s->h->dest, .dest = s->h->source, .doff = 5, .rst = 1 };

	if (s->h->rst)
		return;
	if (s->h->ack) {
		h.seq = s->h->ack_seq;
	} else {
		h.ack = 1;
		h.ack_seq = htonl(s->seq + s->len + s->h->syn + s->h->fin);
	}
	t->send(t->arg, s->from, &h, NULL, 0);
}

static struct connection *find(struct tcp_echo *t, const struct segment_in *s)
{
	for (u32 i = 0; i < TCP_CONNECTIONS; i++) {
		struct connection *c = t->conn[i];

		if (c && c->used && c->addr == s->from && c->port == s->h->source)
			return c;
	}
	return NULL;
}

/* A place for a new one: a free one, or the oldest's. */
static struct connection *place(struct tcp_echo *t)
{
	struct connection **at = &t->conn[0];

	for (u32 i = 0; i < TCP_CONNECTIONS; i++) {
		struct connection *c = t->conn[i];

		if (!c || !c->used) {
			at = &t->conn[i];
			break;
		}
		if (c->age < (*at)->age)
			at = &t->conn[i];
	}
	if (!*at)
		*at = malloc(sizeof(**at));
	return *at;
}

static u32 mss_option(const struct tcphdr *h)
{
	const u8 *o = (const u8 *)(h + 1), *end = (const u8 *)h + h->doff * 4;

	while (o < end && *o != OPT_END) {
		if (*o == OPT_NOP) {
			o++;
			continue;
		}
		if (end - o < 2 || o[1] < 2 || o[1] > end - o)
			break;
		if (*o == OPT_MSS && o[1] == 4)
			return MIN(MAX((u32)(o[2] << 8 | o[3]), 64u), (u32)MSS_MAX);
		o += o[1];
	}
	return MSS_DEFAULT;
}

static void answer_syn(struct tcp_echo *t, struct connection *c, const struct segment_in *s)
{
	if (!c)
		c = place(t);
	if (!c)
		return;
	memset(c, 0, offsetof(struct connection, ring));
	c->echo = t;
	c->used = true;
	c->addr = s->from;
	c->port = s->h->source;
	c->recv_next = s->seq + 1;
	c->una = FIRST_NUMBER;
	c->next = c->end = c->sent = FIRST_NUMBER + 1;
	c->window = ntohs(s->h->window);
	c->mss = mss_option(s->h);
	c->age = ++t->clock;
	send_flags(c, FIRST_NUMBER, TH_SYN, NULL, 0);
}

/* RFC 5681: who says thrice what it waits for has lost just that. */
static void note_repeat(struct connection *c, const struct segment_in *s, u32 gone)
{
	if (gone || s->len || s->h->fin || c->una == c->end || ntohs(s->h->window) != c->window)
		c->repeats = 0;
	else if (++c->repeats == 3)
		send_piece(c, c->una, MIN(c->end - c->una, c->mss));
}

/* False: the connection is over, or the segment not from it. */
static bool take_ack(struct connection *c, const struct segment_in *s)
{
	u32 gone = s->ack - c->una;

	if (!s->h->ack || gone > c->sent - c->una)
		return false;
	c->established = true;
	note_repeat(c, s, gone);
	c->window = ntohs(s->h->window);
	c->una = s->ack;
	if ((s32)(c->next - c->una) < 0)
		c->next = c->una;
	if (c->fin_seen && c->una == c->end + 1)
		c->used = false; /* our FIN has arrived */
	return c->used;
}

/* True: an acknowledgment is due. */
static bool take_data(struct connection *c, const struct segment_in *s)
{
	u32 old = c->recv_next - s->seq, len = s->len, room;

	if (!len && !s->h->fin)
		return false;
	if (old > len || c->fin_seen)
		return true; /* something before it is missing, or all of it is known */
	room = TCP_BUFFER - 1 - (c->end - c->una);
	len = MIN(len - old, room);
	for (u32 i = 0; i < len; i++)
		c->ring[(c->end + i) % TCP_BUFFER] = s->data[old + i];
	c->end += len;
	c->recv_next += len;
	if (s->h->fin && c->recv_next == s->seq + s->len) {
		c->recv_next++;
		c->fin_seen = true;
	}
	return true;
}

static void in_connection(struct connection *c, const struct segment_in *s)
{
	bool due;

	if (s->h->rst) {
		c->used = false;
		return;
	}
	if (!take_ack(c, s))
		return;
	due = take_data(c, s);
	if (!output(c) && due)
		send_flags(c, c->next, 0, NULL, 0);
}

void tcp_echo_input(struct tcp_echo *t, u32 from, const u8 *segment, u32 len)
{
	const struct tcphdr *h = (const void *)segment;
	u32 head = h->doff * 4u;
	struct segment_in s = { .from = from, .h = h };
	struct connection *c;

	if (head < sizeof(*h) || head > len)
		return;
	s.data = segment + head;
	s.len = len - head;
	s.seq = ntohl(h->seq);
	s.ack = ntohl(h->ack_seq);
	c = find(t, &s);
	if (h->dest != htons(ECHO_PORT) || (!c && !h->syn))
		refuse(t, &s);
	else if (h->syn && !h->ack)
		answer_syn(t, c, &s);
	else if (c)
		in_connection(c, &s);
	else
		refuse(t, &s);
}

static void send_again(struct connection *c)
{
	if (!c->established) {
		send_flags(c, FIRST_NUMBER, TH_SYN, NULL, 0);
	} else if (c->una != c->end) {
		c->next = c->una;
		c->fin_sent = false;
		send_piece(c, c->una,
			   MIN(c->end - c->una, c->mss)); /* the window's probe as well */
		advance(c, MIN(c->end - c->una, c->mss));
	} else if (c->fin_sent) {
		send_flags(c, c->end, TH_FIN, NULL, 0);
	}
}

bool tcp_echo_tick(struct tcp_echo *t)
{
	bool waiting = false;

	for (u32 i = 0; i < TCP_CONNECTIONS; i++) {
		struct connection *c = t->conn[i];

		if (!c || !c->used || (c->una == c->end && !c->fin_sent && c->established))
			continue;
		waiting = true;
		if (c->seen_una == c->una)
			send_again(c);
		c->seen_una = c->una;
	}
	return waiting;
}

struct tcp_echo *tcp_echo_new(tcp_send_fn *send, void *arg)
{
	struct tcp_echo *t = calloc(1, sizeof(*t));

	if (t)
		*t = (struct tcp_echo){ .send = send, .arg = arg };
	return t;
}

void tcp_echo_free(struct tcp_echo *t)
{
	if (!t)
		return;
	for (u32 i = 0; i < TCP_CONNECTIONS; i++)
		free(t->conn[i]);
	free(t);
}
