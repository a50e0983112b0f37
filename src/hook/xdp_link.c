/* LINK_CREATE of BPF_XDP: the program stays at the device as long as the link lives; neither netlink nor
 * another link replaces it. */
#include <errno.h>
#include <linux/bpf.h>
#include <linux/if_link.h>

#include "base/err.h"
#include "hook/device_link.h"
#include "syscall/attach.h"

static int xdp_link_detach(struct link *link)
{
	struct device_link *l = (struct device_link *)link;
	struct device *d = device_link_lock(l);
	const char *text;
	int err = 0;

	if (!d)
		return 0;
	if (d->xdp_link == link) {
		struct xdp_request r = { .link = link,
					 .flags = d->mode == XDP_MODE_GENERIC
							  ? XDP_FLAGS_SKB_MODE
							  : XDP_FLAGS_DRV_MODE };

		err = device_xdp_set(l->skep->devices, d, &r, &text);
	}
	l->ifindex = 0;
	device_link_unlock(l);
	return err;
}

static int update(struct device_link *l, struct device *d, struct skep_prog *new,
		  struct skep_prog *old)
{
	struct skep_prog *was = d->xdp;

	if (d->xdp_link != &l->link)
		return -ENOLINK;
	if (old && old != was)
		return -EPERM;
	if (new->type != was->type || new->expected_attach_type != was->expected_attach_type)
		return fail(-EINVAL, "a link's program can be replaced by one of its type only");
	prog_ref(new);
	d->xdp = new;
	prog_unref(was);
	device_link_set_prog(l, new);
	return 0;
}

static int xdp_link_update(struct link *link, struct skep_prog *new, struct skep_prog *old)
{
	struct device_link *l = (struct device_link *)link;
	struct device *d = device_link_lock(l);
	int err;

	if (!d)
		return -ENOLINK;
	err = update(l, d, new, old);
	device_link_unlock(l);
	return err;
}

static u32 xdp_link_info(struct link *link, struct abi_link_info *info, char *name, u32 name_size)
{
	info->xdp.ifindex = ((struct device_link *)link)->ifindex;
	return 0;
}

static const struct link_ops xdp_link_ops = { .detach = xdp_link_detach,
					      .update = xdp_link_update,
					      .info = xdp_link_info,
					      .free = device_link_free };

static int attach(struct devices *ds, struct device_link *l, u32 flags)
{
	struct xdp_request r = { .flags = flags, .prog = l->link.prog, .link = &l->link };
	struct device *d = device_get(ds, l->ifindex);
	const char *text;

	return d ? device_xdp_set(ds, d, &r, &text) : -EINVAL;
}

static int xdp_link_create(struct call *c, const struct attr_link_create *a, struct skep_prog *prog,
			   struct link **out)
{
	struct devices *ds = c->skep->devices;
	struct device_link *l;
	int err;

	if (a->flags & ~(u32)XDP_FLAGS_MODES)
		return fail(-EINVAL, "XDP link: flags %#x", a->flags);
	l = device_link_new(c->skep, BPF_LINK_TYPE_XDP, &xdp_link_ops, prog, a->target_ifindex,
			    a->attach_type);
	if (!l)
		return -ENOMEM;
	pthread_mutex_lock(&ds->lock);
	err = attach(ds, l, a->flags);
	if (err)
		l->ifindex = 0;
	pthread_mutex_unlock(&ds->lock);
	if (err)
		link_unref(&l->link);
	else
		*out = &l->link;
	return err;
}

const struct attach_ops xdp_attach_ops = { .link = xdp_link_create };
