/* Programs at network namespaces: flow dissectors (one) and socket look-ups (several). A namespace is the
 * inode of its nsfs file. PROG_ATTACH names none: it means the caller's, and only flow dissectors. */
#include <errno.h>
#include <inttypes.h>
#include <linux/magic.h>
#include <linux/nsfs.h>
#include <sched.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "syscall/attach_here.h"

static bool is_netns(int fd)
{
	struct statfs fs;

	return !fstatfs(fd, &fs) && fs.f_type == NSFS_MAGIC &&
	       ioctl(fd, NS_GET_NSTYPE) == CLONE_NEWNET;
}

static int get_netns(struct call *c, u32 fd, struct file_id *id)
{
	int own = c->client->ops->fd_get(c->client, (int)fd), err = -EINVAL;
	struct stat st;

	if (own < 0)
		return -EBADF;
	if (is_netns(own) && !fstat(own, &st)) {
		*id = (struct file_id){ st.st_dev, st.st_ino };
		err = 0;
	}
	close(own);
	return err;
}

static const struct skep_prog *prog_of(const struct attached *a)
{
	return a->link ? a->link->prog : a->prog;
}

static void list(const struct site *p, struct query_result *r)
{
	r->flags = 0;
	for (u32 i = 0; p && i < p->n; i++, r->n++)
		if (r->n < r->max)
			r->ids[r->n] = prog_of(&p->v[i])->obj.id;
}

static int netns_query(struct call *c, const struct attr_query *a, struct query_result *r)
{
	struct file_id id;

	if (a->query_flags)
		return -EINVAL;
	TRY(get_netns(c, a->target_fd, &id));
	pthread_mutex_lock(&c->skep->lock);
	list(site_find(&c->skep->sites, a->attach_type, &id), r);
	pthread_mutex_unlock(&c->skep->lock);
	return 0;
}

/* --- PROG_ATTACH, PROG_DETACH --- */

static int own_netns(struct call *c, const struct attr_attach *a, struct file_id *id)
{
	if (a->attach_type != BPF_FLOW_DISSECTOR || a->target_fd || a->attach_flags ||
	    a->replace_bpf_fd)
		return -EINVAL;
	return c->client->ops->netns(c->client, id);
}

/* Under the instance's lock. One that is there already gives way. */
static int put_prog(struct skep *s, const struct file_id *id, struct skep_prog *prog,
		    struct skep_prog **old)
{
	struct site *p = site_make(&s->sites, BPF_FLOW_DISSECTOR, id);
	struct attached a = { .prog = prog };

	if (!p)
		return -ENOMEM;
	if (p->n && p->v[0].link)
		return -EEXIST;
	if (p->n && p->v[0].prog == prog)
		return -EINVAL;
	if (p->n)
		*old = site_take(p, 0);
	site_append(p, &a);
	return 0;
}

static int netns_attach(struct call *c, const struct attr_attach *a, struct skep_prog *prog)
{
	struct skep_prog *old = NULL;
	struct file_id id;
	int err;

	TRY(own_netns(c, a, &id));
	pthread_mutex_lock(&c->skep->lock);
	err = put_prog(c->skep, &id, prog, &old);
	pthread_mutex_unlock(&c->skep->lock);
	prog_unref(old);
	if (!err)
		note_no_event("network namespace");
	return err;
}

static int netns_detach(struct call *c, const struct attr_attach *a, struct skep_prog *prog)
{
	struct skep_prog *old = NULL;
	struct file_id id;
	struct site *p;
	int i = -ENOENT;

	TRY(own_netns(c, a, &id));
	if (!prog)
		return -EINVAL;
	pthread_mutex_lock(&c->skep->lock);
	p = site_find(&c->skep->sites, a->attach_type, &id);
	if (p)
		i = site_index(p, prog, NULL);
	if (i >= 0)
		old = site_take(p, (u32)i);
	pthread_mutex_unlock(&c->skep->lock);
	prog_unref(old);
	return i < 0 ? i : 0;
}

/* --- links --- */

struct netns_link {
	struct link link; /* first */
	struct skep *skep;
	struct file_id netns; /* ino 0: detached; under the instance's lock */
	u32 attach_type;
};

static int link_detach(struct link *link)
{
	struct netns_link *l = (struct netns_link *)link;

	pthread_mutex_lock(&l->skep->lock);
	if (l->netns.ino) {
		struct site *p = site_find(&l->skep->sites, l->attach_type, &l->netns);

		site_take(p, (u32)site_index(p, NULL, link));
		l->netns.ino = 0;
	}
	pthread_mutex_unlock(&l->skep->lock);
	return 0;
}

static int update(struct netns_link *l, struct skep_prog *new, struct skep_prog *old)
{
	if (old && old != l->link.prog)
		return -EPERM;
	if (new->type != l->link.prog->type)
		return -EINVAL;
	return l->netns.ino ? 0 : -ENOLINK;
}

static int link_update(struct link *link, struct skep_prog *new, struct skep_prog *old)
{
	struct netns_link *l = (struct netns_link *)link;
	struct skep_prog *was = NULL;
	int err;

	pthread_mutex_lock(&l->skep->lock);
	err = update(l, new, old);
	if (!err) {
		prog_ref(new);
		was = link->prog;
		pthread_mutex_lock(&link->lock);
		link->prog = new;
		pthread_mutex_unlock(&link->lock);
	}
	pthread_mutex_unlock(&l->skep->lock);
	prog_unref(was);
	return err;
}

static u32 link_info(struct link *link, struct abi_link_info *info, char *name, u32 name_size)
{
	struct netns_link *l = (struct netns_link *)link;

	pthread_mutex_lock(&l->skep->lock);
	info->netns.netns_ino = (u32)l->netns.ino;
	pthread_mutex_unlock(&l->skep->lock);
	info->netns.attach_type = l->attach_type;
	return 0;
}

static void link_fdinfo(struct link *link, struct buf *out)
{
	struct netns_link *l = (struct netns_link *)link;

	buf_printf(out, "netns_ino:\t%" PRIu64 "\nattach_type:\t%u\n", l->netns.ino,
		   l->attach_type);
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

/* Under the instance's lock. */
static int put(struct skep *s, struct netns_link *l, const struct file_id *id)
{
	u32 max = l->attach_type == BPF_FLOW_DISSECTOR ? 1 : SITE_MAX;
	struct attached a = { .link = &l->link };
	struct site *p = site_make(&s->sites, l->attach_type, id);

	if (!p)
		return -ENOMEM;
	if (p->n && !p->v[0].link)
		return -EEXIST;
	if (p->n >= max)
		return -E2BIG;
	site_append(p, &a);
	l->netns = *id;
	return 0;
}

static int netns_link(struct call *c, const struct attr_link_create *a, struct skep_prog *prog,
		      struct link **out)
{
	struct netns_link *l;
	struct file_id id;
	int err;

	if (a->flags)
		return -EINVAL;
	TRY(get_netns(c, a->target_fd, &id));
	l = calloc(1, sizeof(*l));
	if (!l)
		return -ENOMEM;
	link_init(&l->link, BPF_LINK_TYPE_NETNS, &ops, prog);
	l->skep = c->skep;
	l->attach_type = a->attach_type;
	pthread_mutex_lock(&c->skep->lock);
	err = put(c->skep, l, &id);
	pthread_mutex_unlock(&c->skep->lock);
	if (err) {
		link_unref(&l->link);
		return err;
	}
	note_no_event("network namespace");
	*out = &l->link;
	return 0;
}

const struct attach_ops attach_netns = {
	.attach = netns_attach, .detach = netns_detach, .query = netns_query, .link = netns_link
};
