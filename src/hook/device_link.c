/* See device_link.h and device_attach.h. */
#include "hook/device_link.h"

#include <linux/bpf.h>
#include <stdlib.h>

#include "hook/device_attach.h"
#include "syscall/attach.h"

struct device_link *device_link_new(struct skep *s, u32 type, const struct link_ops *ops,
				    struct skep_prog *prog, u32 ifindex, u32 attach_type)
{
	struct device_link *l = calloc(1, sizeof(*l));

	if (!l)
		return NULL;
	link_init(&l->link, type, ops, prog);
	l->skep = s;
	l->ifindex = ifindex;
	l->attach_type = attach_type;
	return l;
}

struct device *device_link_lock(struct device_link *l)
{
	struct devices *ds = l->skep->devices;
	struct device *d;

	if (!ds)
		return NULL; /* the instance is being taken down */
	pthread_mutex_lock(&ds->lock);
	d = l->ifindex ? device_find(ds, l->ifindex) : NULL;
	if (!d)
		pthread_mutex_unlock(&ds->lock);
	return d;
}

void device_link_unlock(struct device_link *l)
{
	pthread_mutex_unlock(&l->skep->devices->lock);
}

void device_link_set_prog(struct device_link *l, struct skep_prog *new)
{
	struct skep_prog *old;

	prog_ref(new);
	pthread_mutex_lock(&l->link.lock);
	old = l->link.prog;
	l->link.prog = new;
	pthread_mutex_unlock(&l->link.lock);
	prog_unref(old);
}

void device_link_free(struct link *link)
{
	if (link->ops->detach)
		link->ops->detach(link); /* nothing, if it was detached */
	free(link);
}

int device_attach_register(struct skep *s)
{
	return attach_register(s, 37 /* BPF_XDP */, &xdp_attach_ops) ?:
	       attach_register(s, 46 /* BPF_TCX_INGRESS */, &tcx_attach_ops) ?:
	       attach_register(s, 47 /* BPF_TCX_EGRESS */, &tcx_attach_ops);
}
