/* tcx: programs in a row at a device's ingress or egress, each placed by PROG_ATTACH or by a link, before or
 * after others. What the row contains has a revision, which changes may name to be sure that nobody else was
 * faster. */
#include <errno.h>
#include <linux/bpf.h>
#include <string.h>

#include "base/err.h"
#include "hook/device_link.h"
#include "syscall/attach.h"

#define F_REPLACE  (1u << 2) /* BPF_F_* that Linux 6.1's header lacks */
#define F_BEFORE   (1u << 3)
#define F_AFTER	   (1u << 4)
#define F_ID	   (1u << 5)
#define TCX_EGRESS 47

static struct tc_hook *hook_of(struct device *d, u32 attach_type)
{
	return &d->tc[attach_type == TCX_EGRESS ? TC_EGRESS : TC_INGRESS];
}

struct place {		     /* where a change is wanted, and under which condition */
	u32 flags, relative; /* relative: descriptor or id of a program or link; 0: none */
	u64 revision;	     /* 0: any */
};

/* --- the row --- */

static int find_prog(const struct tc_hook *h, const struct skep_prog *p)
{
	for (u32 i = 0; i < h->nr_tcx; i++)
		if (h->tcx[i].prog == p)
			return (int)i;
	return -ENOENT;
}

static int find_link(const struct tc_hook *h, const struct link *l)
{
	for (u32 i = 0; i < h->nr_tcx; i++)
		if (h->tcx[i].link == l)
			return (int)i;
	return -ENOENT;
}

static void insert(struct tc_hook *h, u32 at, struct skep_prog *p, struct link *l)
{
	memmove(&h->tcx[at + 1], &h->tcx[at], (h->nr_tcx - at) * sizeof(h->tcx[0]));
	h->tcx[at] = (struct tcx_entry){ p, l };
	prog_ref(p);
	h->nr_tcx++;
	h->revision++;
}

static void take_out(struct tc_hook *h, u32 at)
{
	struct skep_prog *p = h->tcx[at].prog;

	h->nr_tcx--;
	memmove(&h->tcx[at], &h->tcx[at + 1], (h->nr_tcx - at) * sizeof(h->tcx[0]));
	h->revision = h->nr_tcx ? h->revision + 1 : 1; /* an empty row is forgotten */
	prog_unref(p);
}

static void exchange(struct tc_hook *h, u32 at, struct skep_prog *p)
{
	struct skep_prog *old = h->tcx[at].prog;

	prog_ref(p);
	h->tcx[at].prog = p;
	h->revision++;
	prog_unref(old);
}

/* --- anchors --- */

static int anchor_object(struct call *c, const struct place *w, struct object **out)
{
	enum object_kind kind = w->flags & ABI_F_LINK ? OBJECT_LINK : OBJECT_PROG;

	if (!(w->flags & F_ID))
		return client_object(c->client, (int)w->relative, kind, NULL, out);
	*out = ids_get(&c->skep->ids[kind], w->relative);
	return *out ? 0 : -ENOENT;
}

static int find_anchor(struct call *c, const struct tc_hook *h, const struct place *w)
{
	struct object *o;
	int at;

	TRY(anchor_object(c, w, &o));
	at = o->kind == OBJECT_LINK ? find_link(h, (struct link *)o)
				    : find_prog(h, (struct skep_prog *)o);
	object_unref(o);
	return at;
}

static int check_place(const struct tc_hook *h, const struct place *w)
{
	if (w->flags & ~(F_REPLACE | F_BEFORE | F_AFTER | F_ID | ABI_F_LINK))
		return -EINVAL;
	if (w->revision && w->revision != h->revision)
		return fail(-ESTALE, "tcx: the revision is %llu", (unsigned long long)h->revision);
	return 0;
}

/* The index that a new program gets. */
static int place_at(struct call *c, const struct tc_hook *h, const struct place *w)
{
	bool named = w->relative || w->flags & (F_ID | ABI_F_LINK), before = w->flags & F_BEFORE;
	int at;

	if (!named)
		return before && !(w->flags & F_AFTER) ? 0 : (int)h->nr_tcx;
	if (!(w->flags & (F_BEFORE | F_AFTER)))
		return -EINVAL;
	TRY(at = find_anchor(c, h, w));
	if (before && w->flags & F_AFTER)
		return -EEXIST; /* both neighbours cannot be the same */
	return before ? at : at + 1;
}

static int add(struct call *c, struct device *d, u32 attach_type, const struct place *w,
	       struct skep_prog *p, struct link *l)
{
	struct tc_hook *h = hook_of(d, attach_type);
	bool was_busy = device_is_busy(d);
	int at;

	TRY(check_place(h, w));
	if (find_prog(h, p) >= 0)
		return fail(-EEXIST, "tcx: the program is there already");
	if (h->nr_tcx == TCX_MAX)
		return -ERANGE;
	TRY(at = place_at(c, h, w));
	insert(h, (u32)at, p, l);
	device_changed(c->skep->devices, d, was_busy);
	return 0;
}

/* --- PROG_ATTACH, PROG_DETACH, PROG_QUERY --- */

static int replace(struct call *c, struct device *d, const struct attr_attach *a,
		   const struct place *w, struct skep_prog *p)
{
	struct tc_hook *h = hook_of(d, a->attach_type);
	struct skep_prog *old;
	int at;

	TRY(check_place(h, w));
	TRY(call_prog(c, a->replace_bpf_fd, &old));
	at = find_prog(h, old);
	prog_unref(old);
	if (at < 0)
		return at;
	if (h->tcx[at].link)
		return -EBUSY;
	if (find_prog(h, p) >= 0)
		return -EEXIST;
	exchange(h, (u32)at, p);
	return 0;
}

static int tcx_attach(struct call *c, const struct attr_attach *a, struct skep_prog *p)
{
	struct place w = { a->attach_flags, a->relative_fd, a->expected_revision };
	struct devices *ds = c->skep->devices;
	struct device *d;
	int err = -ENODEV;

	pthread_mutex_lock(&ds->lock);
	d = device_get(ds, a->target_ifindex);
	if (d)
		err = a->attach_flags & F_REPLACE ? replace(c, d, a, &w, p)
						  : add(c, d, a->attach_type, &w, p, NULL);
	pthread_mutex_unlock(&ds->lock);
	return err;
}

/* Without a program, flags say which end. */
static int find_to_detach(struct call *c, const struct tc_hook *h, const struct place *w,
			  const struct skep_prog *p)
{
	if (p)
		return find_prog(h, p);
	if (!h->nr_tcx)
		return -ENOENT;
	if (w->relative || w->flags & F_ID)
		return find_anchor(c, h, w);
	if (w->flags & F_BEFORE)
		return 0;
	return w->flags & F_AFTER ? (int)h->nr_tcx - 1 : -EINVAL;
}

static int remove_at(struct call *c, struct device *d, const struct attr_attach *a,
		     const struct skep_prog *p)
{
	struct place w = { a->attach_flags, a->relative_fd, a->expected_revision };
	struct tc_hook *h = hook_of(d, a->attach_type);
	bool was_busy = device_is_busy(d);
	int at;

	TRY(check_place(h, &w));
	TRY(at = find_to_detach(c, h, &w, p));
	if (h->tcx[at].link)
		return -EBUSY;
	take_out(h, (u32)at);
	device_changed(c->skep->devices, d, was_busy);
	return 0;
}

static int tcx_detach(struct call *c, const struct attr_attach *a, struct skep_prog *p)
{
	struct devices *ds = c->skep->devices;
	struct device *d;
	int err;

	pthread_mutex_lock(&ds->lock);
	d = device_get(ds, a->target_ifindex);
	err = d ? remove_at(c, d, a, p) : -ENODEV;
	pthread_mutex_unlock(&ds->lock);
	return err;
}

static int tcx_query(struct call *c, const struct attr_query *a, struct query_result *r)
{
	struct devices *ds = c->skep->devices;
	struct device *d;

	if (a->query_flags || a->attach_flags)
		return -EINVAL;
	pthread_mutex_lock(&ds->lock);
	d = device_get(ds, a->target_ifindex);
	if (d) {
		const struct tc_hook *h = hook_of(d, a->attach_type);

		for (u32 i = 0; i < MIN(h->nr_tcx, r->max); i++) {
			r->ids[i] = h->tcx[i].prog->obj.id;
			r->link_ids[i] = h->tcx[i].link ? h->tcx[i].link->obj.id : 0;
		}
		r->n = h->nr_tcx;
		r->revision = h->revision;
	}
	pthread_mutex_unlock(&ds->lock);
	return d ? 0 : -ENODEV;
}

/* --- links --- */

static int tcx_link_detach(struct link *link)
{
	struct device_link *l = (struct device_link *)link;
	struct device *d = device_link_lock(l);
	bool was_busy;
	int at;

	if (!d)
		return 0;
	was_busy = device_is_busy(d);
	at = find_link(hook_of(d, l->attach_type), link);
	if (at >= 0)
		take_out(hook_of(d, l->attach_type), (u32)at);
	device_changed(l->skep->devices, d, was_busy);
	l->ifindex = 0;
	device_link_unlock(l);
	return 0;
}

static int update(struct device_link *l, struct tc_hook *h, struct skep_prog *new,
		  const struct skep_prog *old)
{
	int at = find_link(h, &l->link), same = find_prog(h, new);

	if (at < 0)
		return -ENOLINK;
	if (old && old != l->link.prog)
		return -EPERM;
	if (new->type != l->link.prog->type)
		return fail(-EINVAL, "a link's program can be replaced by one of its type only");
	if (same == at)
		return 0;
	if (same >= 0)
		return -EEXIST;
	exchange(h, (u32)at, new);
	device_link_set_prog(l, new);
	return 0;
}

static int tcx_link_update(struct link *link, struct skep_prog *new, struct skep_prog *old)
{
	struct device_link *l = (struct device_link *)link;
	struct device *d = device_link_lock(l);
	int err;

	if (!d)
		return -ENOLINK;
	err = update(l, hook_of(d, l->attach_type), new, old);
	device_link_unlock(l);
	return err;
}

static u32 tcx_link_info(struct link *link, struct abi_link_info *info, char *name, u32 name_size)
{
	const struct device_link *l = (const struct device_link *)link;

	info->tcx.ifindex = l->ifindex;
	info->tcx.attach_type = l->attach_type;
	return 0;
}

static const struct link_ops tcx_link_ops = { .detach = tcx_link_detach,
					      .update = tcx_link_update,
					      .info = tcx_link_info,
					      .free = device_link_free };

static int tcx_link_create(struct call *c, const struct attr_link_create *a, struct skep_prog *prog,
			   struct link **out)
{
	struct place w = { a->flags, a->tcx.relative_fd, a->tcx.expected_revision };
	struct devices *ds = c->skep->devices;
	struct device_link *l;
	struct device *d;
	int err;

	if (a->flags & F_REPLACE)
		return -EINVAL;
	l = device_link_new(c->skep, ABI_LINK_TYPE_TCX, &tcx_link_ops, prog, a->target_ifindex,
			    a->attach_type);
	if (!l)
		return -ENOMEM;
	pthread_mutex_lock(&ds->lock);
	d = device_get(ds, a->target_ifindex);
	err = d ? add(c, d, a->attach_type, &w, prog, &l->link) : -ENODEV;
	if (err)
		l->ifindex = 0;
	pthread_mutex_unlock(&ds->lock);
	if (err)
		link_unref(&l->link);
	else
		*out = &l->link;
	return err;
}

const struct attach_ops tcx_attach_ops = {
	.attach = tcx_attach, .detach = tcx_detach, .query = tcx_query, .link = tcx_link_create
};
