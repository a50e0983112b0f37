/* What becomes of frames: device.h's data path. Programs run on the calling thread's CPU slot, on contexts
 * as test runs have them.
 *
 * A frame redirected from device to device is worked on again, at most REDIRECTS times; then it is lost, as
 * one that Linux's recursion limit stops. */
#include <linux/bpf.h>
#include <linux/if_ether.h>
#include <linux/pkt_cls.h>
#include <string.h>

#include "hook/device.h"
#include "object/instance.h"
#include "prog/packet.h"

#define REDIRECTS 4

struct frame {
	struct devices *ds;
	struct skep_run *run;
	u32 len, meta; /* the frame lies at ds->packet->bytes, metadata before it */
	u32 redirects_left;
};

static void go_out(struct frame *f, struct device *d);
static void come_in(struct frame *f, struct device *d);
static void send_out(struct frame *f, struct device *d);

static u8 *bytes_of(const struct frame *f)
{
	return f->ds->packet->bytes;
}

static u32 run_prog(struct frame *f, struct skep_prog *p, void *ctx, u64 size)
{
	f->run->ctx_size = size;
	return (u32)prog_run(p, ctx, f->run);
}

/* The frame begins and ends where the program left it; put it where frames always begin. */
static void settle(struct frame *f, const u8 *data_meta, const u8 *data, const u8 *data_end)
{
	f->meta = data_meta <= data ? (u32)(data - data_meta) : 0;
	f->len = (u32)(data_end - data);
	if (data != bytes_of(f))
		memmove(bytes_of(f) - f->meta, data - f->meta, f->meta + f->len);
}

static struct device *next_device(struct frame *f, u32 ifindex)
{
	if (!f->redirects_left)
		return NULL;
	f->redirects_left--;
	return device_find(f->ds, ifindex);
}

/* True: the frame goes on. */
static bool run_xdp(struct frame *f, struct device *d)
{
	struct skep_xdp *x = packet_xdp(f->ds->packet, f->len);
	struct device *to;
	u32 verdict;

	x->ingress_ifindex = d->ifindex;
	verdict = run_prog(f, d->xdp, x, sizeof(*x));
	settle(f, x->data_meta, x->data, x->data_end);
	switch (verdict) {
	case XDP_PASS: return f->len >= ETH_HLEN;
	case XDP_TX: send_out(f, d); return false;
	case XDP_REDIRECT:
		to = x->redirect.map ? NULL : next_device(f, x->redirect.ifindex);
		if (to && !to->loops)
			send_out(f, to);
		return false;
	default: return false;
	}
}

static void redirect_skb(struct frame *f, const struct skep_redirect *r)
{
	struct device *to = next_device(f, r->ifindex);

	if (!to || f->len < ETH_HLEN)
		return;
	if (r->flags & BPF_F_INGRESS)
		come_in(f, to);
	else
		go_out(f, to);
}

/* A filter that is no direct-action one only says whether it matches. */
static s32 filter_action(const struct tc_filter *t, u32 ret)
{
	if (t->direct_action)
		return (s32)ret;
	return ret ? TC_ACT_OK : TC_ACT_UNSPEC;
}

static s32 run_filters(struct frame *f, const struct tc_hook *h, struct skep_skb *skb)
{
	s32 action = TC_ACT_UNSPEC;

	for (u32 i = 0; i < h->nr_filters && action == TC_ACT_UNSPEC; i++) {
		const struct tc_filter *t = &h->filter[i];

		if (t->protocol == __builtin_bswap16(ETH_P_ALL) || t->protocol == skb->protocol)
			action = filter_action(t, run_prog(f, t->prog, skb, sizeof(*skb)));
	}
	return action;
}

/* tcx knows few results; the others, and NEXT, ask the next program. */
static s32 run_tcx(struct frame *f, const struct tc_hook *h, struct skep_skb *skb)
{
	for (u32 i = 0; i < h->nr_tcx; i++) {
		s32 ret = (s32)run_prog(f, h->tcx[i].prog, skb, sizeof(*skb));

		if (ret == TC_ACT_OK || ret == TC_ACT_SHOT || ret == TC_ACT_REDIRECT)
			return ret;
	}
	return TC_ACT_UNSPEC;
}

/* True: the frame goes on. */
static bool run_tc(struct frame *f, struct device *d, enum tc_direction dir)
{
	const struct tc_hook *h = &d->tc[dir];
	struct packet_device as = { .ifindex = d->ifindex,
				    .broadcast = { 255, 255, 255, 255, 255, 255 } };
	struct skep_redirect redirect;
	struct skep_skb *skb;
	s32 action;

	if (!h->nr_filters && !h->nr_tcx)
		return true;
	memcpy(as.addr, d->addr, ETH_ALEN);
	skb = packet_skb(f->ds->packet, f->len, &as);
	skb->data_meta = skb->data - (dir == TC_INGRESS ? f->meta : 0);
	skb->wire_len = f->len;
	if (dir == TC_INGRESS)
		skb->ingress_ifindex = d->ifindex;
	action = run_tcx(f, h, skb);
	if (action == TC_ACT_UNSPEC)
		action = run_filters(f, h, skb);
	redirect = skb->redirect;
	settle(f, skb->data, skb->data, skb->data_end);
	switch (action) {
	case TC_ACT_SHOT:
	case TC_ACT_STOLEN:
	case TC_ACT_QUEUED:
	case TC_ACT_TRAP: return false;
	case TC_ACT_REDIRECT: redirect_skb(f, &redirect); return false;
	default: return f->len >= ETH_HLEN;
	}
}

/* Beyond all programs. */
static void send_out(struct frame *f, struct device *d)
{
	if (d->loops)
		come_in(f, d);
	else if (d->ways.out)
		d->ways.out(d->ways.arg, bytes_of(f), f->len);
}

static void go_out(struct frame *f, struct device *d)
{
	f->meta = 0;
	if (!run_tc(f, d, TC_EGRESS))
		return;
	if (d->ways.sent)
		d->ways.sent(d->ways.arg, bytes_of(f), f->len);
	send_out(f, d);
}

static void come_in(struct frame *f, struct device *d)
{
	f->meta = 0;
	if (d->xdp && !run_xdp(f, d))
		return;
	if (run_tc(f, d, TC_INGRESS) && d->ways.up)
		d->ways.up(d->ways.arg, bytes_of(f), f->len);
}

static void work_on(struct devices *ds, struct device *d, const u8 *frame, u32 len,
		    void (*how)(struct frame *f, struct device *d))
{
	struct frame f = { .ds = ds, .len = len, .redirects_left = REDIRECTS };

	pthread_mutex_lock(&ds->lock);
	if (len >= ETH_HLEN && packet_set(ds->packet, frame, len) == 0) {
		f.run = ds->run = run_enter(&ds->skep->rt);
		how(&f, d);
		ds->run = NULL;
		run_leave(f.run);
	}
	pthread_mutex_unlock(&ds->lock);
}

void device_receive(struct devices *ds, struct device *d, const u8 *frame, u32 len)
{
	work_on(ds, d, frame, len, come_in);
}

void device_transmit(struct devices *ds, struct device *d, const u8 *frame, u32 len)
{
	work_on(ds, d, frame, len, go_out);
}
