/* Links of netfilter programs: at a hook of the caller's network namespace, for a family, one for each priority. No packet
 * comes to them: they are kept, shown and let go. */
#include <errno.h>
#include <limits.h>
#include <linux/netfilter.h>
#include <linux/netfilter_ipv4.h>
#include <stdlib.h>

#include "syscall/attach_here.h"

#define F_DEFRAG 1u /* BPF_F_NETFILTER_IP_DEFRAG, which Linux 6.1's header lacks */

struct netfilter_link {
	struct link link; /* first */
	struct skep *skep;
	struct file_id netns; /* ino 0: detached; under the instance's lock */
	u32 pf, hook, flags;
	s32 priority;
};

/* Those at the ends are the kernel's own; datagrams are whole only behind the hook that puts them together. */
static bool is_priority(s32 priority, u32 flags)
{
	return priority != INT_MIN && priority != INT_MAX &&
	       (!(flags & F_DEFRAG) || priority > NF_IP_PRI_CONNTRACK_DEFRAG);
}

static int check(const struct attr_link_create *a)
{
	if (a->flags)
		return -EINVAL;
	if (a->netfilter.pf != NFPROTO_IPV4 && a->netfilter.pf != NFPROTO_IPV6)
		return fail(-EAFNOSUPPORT, "netfilter: programs see IPv4 or IPv6");
	if (a->netfilter.hooknum >= NF_INET_NUMHOOKS)
		return fail(-EPROTO, "netfilter: there is no such hook");
	if (a->netfilter.flags & ~F_DEFRAG)
		return -EOPNOTSUPP;
	return is_priority(a->netfilter.priority, a->netfilter.flags)
		       ? 0
		       : fail(-ERANGE, "netfilter: the priority is reserved");
}

static bool is_same_place(const struct netfilter_link *a, const struct netfilter_link *b)
{
	return a->pf == b->pf && a->hook == b->hook && a->priority == b->priority;
}

/* Under the instance's lock. */
static int put(struct netfilter_link *l, const struct file_id *netns)
{
	struct attached a = { .link = &l->link };
	struct site *p = site_make(&l->skep->sites, ABI_ATTACH_NETFILTER, netns);

	if (!p)
		return -ENOMEM;
	for (u32 i = 0; i < p->n; i++)
		if (is_same_place((struct netfilter_link *)p->v[i].link, l))
			return fail(-EBUSY, "netfilter: that priority is taken there");
	if (p->n == SITE_MAX)
		return -E2BIG;
	site_append(p, &a);
	l->netns = *netns;
	return 0;
}

static int link_detach(struct link *link)
{
	struct netfilter_link *l = (struct netfilter_link *)link;
	struct site *p;

	pthread_mutex_lock(&l->skep->lock);
	if (l->netns.ino) {
		p = site_find(&l->skep->sites, ABI_ATTACH_NETFILTER, &l->netns);
		site_take(p, (u32)site_index(p, NULL, link));
		l->netns.ino = 0;
	}
	pthread_mutex_unlock(&l->skep->lock);
	return 0;
}

static int link_update(struct link *link, struct skep_prog *new, struct skep_prog *old)
{
	(void)link, (void)new, (void)old;
	return -EOPNOTSUPP;
}

static u32 link_info(struct link *link, struct abi_link_info *info, char *name, u32 name_size)
{
	const struct netfilter_link *l = (struct netfilter_link *)link;

	(void)name, (void)name_size;
	info->netfilter.pf = l->pf;
	info->netfilter.hooknum = l->hook;
	info->netfilter.priority = l->priority;
	info->netfilter.flags = l->flags;
	return 0;
}

static void link_fdinfo(struct link *link, struct buf *out)
{
	const struct netfilter_link *l = (struct netfilter_link *)link;

	buf_printf(out, "pf:\t%u\thooknum:\t%u\tprio:\t%d\n", l->pf, l->hook, l->priority);
}

static void link_free(struct link *link)
{
	link_detach(link);
	free(link);
}

static const struct link_ops ops = { .detach = link_detach,
				     .update = link_update,
				     .info = link_info,
				     .free = link_free,
				     .fdinfo = link_fdinfo };

static int netfilter_link(struct call *c, const struct attr_link_create *a, struct skep_prog *prog,
			  struct link **out)
{
	struct netfilter_link *l;
	struct file_id netns;
	int err;

	TRY(check(a));
	TRY(c->client->ops->netns(c->client, &netns));
	l = calloc(1, sizeof(*l));
	if (!l)
		return -ENOMEM;
	link_init(&l->link, ABI_LINK_TYPE_NETFILTER, &ops, prog);
	l->skep = c->skep;
	l->pf = a->netfilter.pf;
	l->hook = a->netfilter.hooknum;
	l->priority = a->netfilter.priority;
	l->flags = a->netfilter.flags;
	pthread_mutex_lock(&c->skep->lock);
	err = put(l, &netns);
	pthread_mutex_unlock(&c->skep->lock);
	if (err) {
		link_unref(&l->link);
		return err;
	}
	note_no_event("netfilter");
	*out = &l->link;
	return 0;
}

const struct attach_ops attach_netfilter = { .link = netfilter_link };
