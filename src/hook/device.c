/* See device.h. Which program is where; device_run.c runs them. */
#include "hook/device.h"

#include <errno.h>
#include <linux/bpf.h>
#include <linux/if_ether.h>
#include <linux/if_link.h>
#include <net/if.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "hook/device_attach.h"
#include "object/instance.h"
#include "prog/packet.h"

struct device *device_find(struct devices *ds, u32 ifindex)
{
	for (struct device *d = ds->first; d; d = d->next)
		if (d->ifindex == ifindex)
			return d;
	return NULL;
}

struct device *device_get(struct devices *ds, u32 ifindex)
{
	char name[IF_NAMESIZE];
	struct device *d;

	if (!if_indextoname(ifindex, name)) {
		device_forget(ds, ifindex);
		return NULL;
	}
	d = device_find(ds, ifindex);
	if (d)
		return d;
	d = calloc(1, sizeof(*d));
	if (!d)
		return NULL;
	d->ifindex = ifindex;
	d->generic_only = d->loops = !strcmp(name, "lo");
	d->tc[TC_INGRESS].revision = d->tc[TC_EGRESS].revision = 1;
	d->next = ds->first;
	ds->first = d;
	return d;
}

static void clear(struct device *d)
{
	prog_unref(d->xdp);
	d->xdp = NULL;
	d->mode = XDP_MODE_NONE;
	d->xdp_link = NULL;
	for (u32 i = 0; i < TC_DIRECTIONS; i++) {
		struct tc_hook *h = &d->tc[i];

		for (u32 k = 0; k < h->nr_filters; k++)
			prog_unref(h->filter[k].prog);
		for (u32 k = 0; k < h->nr_tcx; k++)
			prog_unref(h->tcx[k].prog);
		h->nr_filters = h->nr_tcx = 0;
	}
}

/* A device with ways stays known: its owner holds its address. */
void device_forget(struct devices *ds, u32 ifindex)
{
	for (struct device **at = &ds->first; *at; at = &(*at)->next) {
		struct device *d = *at;

		if (d->ifindex != ifindex)
			continue;
		clear(d);
		if (d->ways.up || d->ways.out)
			return;
		*at = d->next;
		free(d);
		return;
	}
}

bool device_is_busy(const struct device *d)
{
	return d->watchers || d->xdp || d->tc[TC_INGRESS].nr_filters || d->tc[TC_INGRESS].nr_tcx ||
	       d->tc[TC_EGRESS].nr_filters || d->tc[TC_EGRESS].nr_tcx;
}

void device_changed(struct devices *ds, struct device *d, bool was_busy)
{
	bool busy = device_is_busy(d);

	if (busy != was_busy && ds->busy)
		ds->busy(ds->arg, d, busy);
}

void device_watch(struct devices *ds, struct device *d, int by)
{
	bool was_busy = device_is_busy(d);

	d->watchers += (u32)by;
	device_changed(ds, d, was_busy);
}

/* --- XDP --- */

static int refuse(int err, const char **text, const char *why)
{
	*text = why;
	return fail(err, "%s", why);
}

static enum xdp_mode mode_of(const struct device *d, u32 flags)
{
	if (flags & XDP_FLAGS_SKB_MODE)
		return XDP_MODE_GENERIC;
	if (flags & XDP_FLAGS_DRV_MODE)
		return XDP_MODE_NATIVE;
	return d->generic_only ? XDP_MODE_GENERIC : XDP_MODE_NATIVE;
}

static int check_xdp_flags(const struct device *d, const struct xdp_request *r, const char **text)
{
	u32 modes = r->flags & XDP_FLAGS_MODES;

	if (r->flags & ~(u32)XDP_FLAGS_MASK)
		return -EINVAL;
	if (modes & (modes - 1))
		return fail(-EINVAL, "XDP flags %#x: only one mode is possible", r->flags);
	if (r->flags & XDP_FLAGS_HW_MODE)
		return r->prog ? -EINVAL : 0;
	if (r->flags & XDP_FLAGS_DRV_MODE && d->generic_only && r->prog)
		return refuse(-EOPNOTSUPP, text,
			      "Underlying driver does not support XDP in native mode");
	return 0;
}

/* May what is there be replaced by what r wants? */
static int check_xdp_present(const struct device *d, const struct xdp_request *r, const char **text)
{
	bool same_mode = !d->xdp || d->mode == mode_of(d, r->flags);

	if (r->link && d->xdp && r->link != d->xdp_link)
		return refuse(-EBUSY, text,
			      d->xdp_link ? "XDP link already attached"
					  : "Can't replace active XDP program");
	if (!r->link && d->xdp_link && same_mode)
		return refuse(-EBUSY, text, "Can't replace active BPF XDP link");
	if (r->has_expected && (same_mode ? d->xdp : NULL) != r->expected)
		return refuse(-EEXIST, text, "Active program does not match expected");
	if (r->prog && !same_mode)
		return refuse(-EEXIST, text,
			      "Native and generic XDP can't be active at the same time");
	if (r->prog && d->xdp && r->flags & XDP_FLAGS_UPDATE_IF_NOEXIST)
		return refuse(-EBUSY, text, "XDP program already attached");
	return 0;
}

int device_xdp_set(struct devices *ds, struct device *d, const struct xdp_request *r,
		   const char **text)
{
	bool was_busy = device_is_busy(d);
	struct skep_prog *old = d->xdp;

	TRY(check_xdp_flags(d, r, text));
	TRY(check_xdp_present(d, r, text));
	if (!r->prog && (!old || d->mode != mode_of(d, r->flags)))
		return 0; /* nothing of that mode is there */
	if (r->prog)
		prog_ref(r->prog);
	d->xdp = r->prog;
	d->xdp_link = r->prog ? r->link : NULL;
	d->mode = r->prog ? mode_of(d, r->flags) : XDP_MODE_NONE;
	prog_unref(old);
	device_changed(ds, d, was_busy);
	return 0;
}

/* --- tc --- */

#define PRIO_FIRST 0xc000 /* of filters added without a priority; each lower than the last */

static u32 next_prio(const struct tc_hook *h)
{
	u32 prio = PRIO_FIRST;

	if (h->nr_filters && h->filter[0].prio <= prio)
		prio = h->filter[0].prio - 1;
	return prio ?: 1;
}

static u32 next_handle(const struct tc_hook *h, u32 prio)
{
	u32 handle = 1;

	for (u32 i = 0; i < h->nr_filters; i++)
		if (h->filter[i].prio == prio)
			handle = MAX(handle, h->filter[i].handle + 1);
	return handle;
}

static bool comes_before(const struct tc_filter *a, const struct tc_filter *b)
{
	return a->prio != b->prio ? a->prio < b->prio : a->handle > b->handle;
}

static struct tc_filter *find_filter(struct tc_hook *h, u32 prio, u32 handle)
{
	for (u32 i = 0; i < h->nr_filters; i++)
		if (h->filter[i].prio == prio && h->filter[i].handle == handle)
			return &h->filter[i];
	return NULL;
}

static void insert_filter(struct tc_hook *h, const struct tc_filter *f)
{
	u32 i = h->nr_filters++;

	for (; i > 0 && comes_before(f, &h->filter[i - 1]); i--)
		h->filter[i] = h->filter[i - 1];
	h->filter[i] = *f;
}

int device_filter_set(struct devices *ds, struct device *d, enum tc_direction dir,
		      struct tc_filter *f, bool create, bool exclusive, const char **text)
{
	struct tc_hook *h = &d->tc[dir];
	bool was_busy = device_is_busy(d);
	struct tc_filter *present;

	if (!f->prio && !create)
		return refuse(-ENOENT, text, "Cannot find specified filter chain");
	f->prio = f->prio ?: next_prio(h);
	present = f->handle ? find_filter(h, f->prio, f->handle) : NULL;
	if (present && exclusive)
		return refuse(-EEXIST, text, "Filter already exists");
	if (!present && !create)
		return refuse(-ENOENT, text,
			      "Need both RTM_NEWTFILTER and NLM_F_CREATE to create a new filter");
	if (present) {
		prog_unref(present->prog);
		*present = *f;
		return 0;
	}
	if (h->nr_filters == TC_FILTERS_MAX)
		return fail(-ENOSPC, "more than %d filters", TC_FILTERS_MAX);
	f->handle = f->handle ?: next_handle(h, f->prio);
	insert_filter(h, f);
	device_changed(ds, d, was_busy);
	return 0;
}

u32 device_filter_delete(struct devices *ds, struct device *d, enum tc_direction dir, u32 prio,
			 u32 handle)
{
	struct tc_hook *h = &d->tc[dir];
	bool was_busy = device_is_busy(d);
	u32 kept = 0, gone;

	for (u32 i = 0; i < h->nr_filters; i++) {
		struct tc_filter *f = &h->filter[i];

		if ((prio && f->prio != prio) || (handle && f->handle != handle))
			h->filter[kept++] = *f;
		else
			prog_unref(f->prog);
	}
	gone = h->nr_filters - kept;
	h->nr_filters = kept;
	device_changed(ds, d, was_busy);
	return gone;
}

/* --- all devices --- */

static void free_all(struct devices *ds)
{
	if (ds->packet)
		packet_done(ds->packet);
	free(ds->packet);
	pthread_mutex_destroy(&ds->lock);
	free(ds);
}

int devices_new(struct skep *s, struct devices **out)
{
	struct devices *ds = calloc(1, sizeof(*ds));
	int err;

	if (!ds)
		return -ENOMEM;
	ds->skep = s;
	ds->packet = calloc(1, sizeof(*ds->packet));
	pthread_mutex_init(&ds->lock, NULL);
	err = ds->packet ? packet_init(ds->packet, s->rt.va) : -ENOMEM;
	err = err ?: device_attach_register(s);
	if (err) {
		free_all(ds);
		return err;
	}
	s->devices = ds;
	*out = ds;
	return 0;
}

void devices_free(struct devices *ds)
{
	struct device *next;

	if (!ds)
		return;
	for (struct device *d = ds->first; d; d = next) {
		next = d->next;
		clear(d);
		free(d);
	}
	ds->skep->devices = NULL;
	free_all(ds);
}
