/* Programs at cgroups, by PROG_ATTACH and by links. The rules are those that linux/bpf.h tells at
 * BPF_F_ALLOW_OVERRIDE and BPF_F_ALLOW_MULTI. A cgroup is the inode of its directory in cgroup2. */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <linux/magic.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "syscall/attach_here.h"

#define SHARING	     (BPF_F_ALLOW_OVERRIDE | BPF_F_ALLOW_MULTI)
#define F_PREORDER   (1u << 6)
#define F_POSITION   (1u << 3 | 1u << 4 | 1u << 5 | 1u << 13) /* BEFORE, AFTER, ID, LINK */
#define CGROUP_DEPTH 64

struct cgroup { /* [0] is the cgroup itself, then its ancestors as far as they are seen */
	u32 n;
	struct file_id id[CGROUP_DEPTH];
};

static bool is_cgroup(int fd)
{
	struct statfs fs;

	return !fstatfs(fd, &fs) && fs.f_type == CGROUP2_SUPER_MAGIC;
}

/* Consumes fd. */
static void walk_up(int fd, struct cgroup *g)
{
	struct stat st;

	while (fd >= 0 && is_cgroup(fd) && !fstat(fd, &st) && g->n < CGROUP_DEPTH) {
		int up;

		if (g->n && g->id[g->n - 1].ino == st.st_ino)
			break; /* the root's parent is the root */
		g->id[g->n++] = (struct file_id){ st.st_dev, st.st_ino };
		up = openat(fd, "..", O_PATH | O_DIRECTORY | O_CLOEXEC);
		close(fd);
		fd = up;
	}
	if (fd >= 0)
		close(fd);
}

static int get_cgroup(struct call *c, u32 fd, struct cgroup *g)
{
	int own = c->client->ops->fd_get(c->client, (int)fd);

	g->n = 0;
	if (own < 0)
		return -EBADF;
	walk_up(own, g);
	return g->n ? 0 : fail(-EBADF, "descriptor %d is no directory of cgroup2", (int)fd);
}

/* --- under the instance's lock --- */

/* The nearest ancestor with programs decides. */
static int ancestors_allow(struct skep *s, u32 type, const struct cgroup *g)
{
	for (u32 i = 1; i < g->n; i++) {
		const struct site *p = site_find(&s->sites, type, &g->id[i]);

		if (p && p->n)
			return p->flags & SHARING
				       ? 0
				       : fail(-EPERM, "a cgroup above has a program to itself");
	}
	return 0;
}

/* Whose place does the new one take? *at: an index, or p->n. */
static int choose(const struct site *p, const struct attached *a, u32 flags,
		  const struct skep_prog *replace, u32 *at)
{
	int i;

	*at = p->n;
	if (p->n && p->flags != (flags & SHARING))
		return fail(-EPERM, "programs are attached there with other flags");
	if (!(flags & BPF_F_ALLOW_MULTI)) {
		*at = 0;
		return 0;
	}
	if (!a->link && site_index(p, a->prog, NULL) >= 0)
		return fail(-EINVAL, "this program is attached there already");
	if (replace) {
		TRY(i = site_index(p, replace, NULL));
		*at = (u32)i;
	}
	return *at == SITE_MAX ? -E2BIG : 0;
}

static int put(struct skep *s, u32 type, const struct cgroup *g, const struct attached *a,
	       u32 flags, const struct skep_prog *replace, struct skep_prog **out)
{
	struct site *p;
	u32 at;

	TRY(ancestors_allow(s, type, g));
	p = site_make(&s->sites, type, &g->id[0]);
	if (!p)
		return -ENOMEM;
	TRY(choose(p, a, flags, replace, &at));
	if (at == p->n) {
		site_append(p, a);
	} else {
		*out = p->v[at].prog;
		p->v[at] = *a;
		if (a->prog)
			prog_ref(a->prog);
		p->revision++;
	}
	p->flags = flags & SHARING;
	return 0;
}

static int take(struct skep *s, u32 type, const struct cgroup *g, struct skep_prog *prog,
		struct skep_prog **out)
{
	struct site *p = site_find(&s->sites, type, &g->id[0]);
	int i = 0;

	if (p && (p->flags & BPF_F_ALLOW_MULTI)) {
		if (!prog)
			return fail(-EINVAL, "several programs may be there: say which to detach");
		TRY(i = site_index(p, prog, NULL));
	} else if (!p || !p->n || p->v[0].link) {
		return -ENOENT;
	}
	*out = site_take(p, (u32)i);
	return 0;
}

/* --- PROG_ATTACH, PROG_DETACH --- */

static int check_flags(u32 flags)
{
	if (flags & ~(SHARING | BPF_F_REPLACE | F_PREORDER | F_POSITION))
		return -EINVAL;
	return flags & F_POSITION
		       ? fail(-EOPNOTSUPP,
			      "a position among a cgroup's programs cannot be chosen yet")
		       : 0;
}

static int attach_with(struct call *c, const struct attr_attach *a, struct skep_prog *prog,
		       const struct cgroup *g, struct skep_prog *replace)
{
	struct attached new = { .prog = prog, .flags = a->attach_flags & F_PREORDER };
	struct skep_prog *old = NULL;
	int err;

	pthread_mutex_lock(&c->skep->lock);
	err = put(c->skep, a->attach_type, g, &new, a->attach_flags, replace, &old);
	pthread_mutex_unlock(&c->skep->lock);
	prog_unref(old);
	if (!err)
		note_no_event("cgroup");
	return err;
}

static int cgroup_attach(struct call *c, const struct attr_attach *a, struct skep_prog *prog)
{
	u32 flags = a->attach_flags;
	struct skep_prog *replace = NULL;
	struct cgroup g;
	int err;

	TRY(check_flags(flags));
	TRY(get_cgroup(c, a->target_fd, &g));
	if ((flags & SHARING) == SHARING ||
	    ((flags & BPF_F_REPLACE) && !(flags & BPF_F_ALLOW_MULTI)))
		return -EINVAL;
	if (flags & BPF_F_REPLACE)
		TRY(call_prog(c, a->replace_bpf_fd, &replace));
	err = attach_with(c, a, prog, &g, replace);
	prog_unref(replace);
	return err;
}

static int cgroup_detach(struct call *c, const struct attr_attach *a, struct skep_prog *prog)
{
	struct skep_prog *old = NULL;
	struct cgroup g;
	int err;

	TRY(get_cgroup(c, a->target_fd, &g));
	pthread_mutex_lock(&c->skep->lock);
	err = take(c->skep, a->attach_type, &g, prog, &old);
	pthread_mutex_unlock(&c->skep->lock);
	prog_unref(old);
	return err;
}

/* --- PROG_QUERY --- */

static void add_id(struct query_result *r, const struct attached *a, u32 *flags, u32 site_flags)
{
	const struct skep_prog *prog = a->link ? a->link->prog : a->prog;

	if (r->n < r->max) {
		r->ids[r->n] = prog->obj.id;
		flags[r->n] = site_flags | a->flags;
	}
	r->n++;
}

static void query_one(const struct site *p, struct query_result *r, u32 *flags)
{
	r->revision = 1;
	if (!p)
		return;
	r->revision = p->revision;
	r->flags = p->flags;
	for (u32 i = 0; i < p->n; i++)
		add_id(r, &p->v[i], flags, p->flags);
}

/* What runs here: a program without BPF_F_ALLOW_MULTI yields to any below it. Those with BPF_F_PREORDER
 * come first, the highest ones before the others. */
static void query_effective(struct skep *s, u32 type, const struct cgroup *g,
			    struct query_result *r, u32 *flags)
{
	const struct site *runs[CGROUP_DEPTH];
	u32 n = 0, programs = 0;

	for (u32 i = 0; i < g->n; i++) {
		const struct site *p = site_find(&s->sites, type, &g->id[i]);

		if (!p || !p->n || (programs && !(p->flags & BPF_F_ALLOW_MULTI)))
			continue;
		runs[n++] = p;
		programs += p->n;
	}
	for (u32 i = n; i-- > 0;)
		for (u32 j = 0; j < runs[i]->n; j++)
			if (runs[i]->v[j].flags & F_PREORDER)
				add_id(r, &runs[i]->v[j], flags, 0);
	for (u32 i = 0; i < n; i++)
		for (u32 j = 0; j < runs[i]->n; j++)
			if (!(runs[i]->v[j].flags & F_PREORDER))
				add_id(r, &runs[i]->v[j], flags, 0);
}

static int cgroup_query(struct call *c, const struct attr_query *a, struct query_result *r)
{
	bool effective = a->query_flags & BPF_F_QUERY_EFFECTIVE;
	u32 flags[SITE_MAX];
	struct cgroup g;

	if (a->query_flags & ~(u32)BPF_F_QUERY_EFFECTIVE)
		return -EINVAL;
	TRY(get_cgroup(c, a->target_fd, &g));
	if (effective && a->prog_attach_flags)
		return -EINVAL;
	r->max = MIN(r->max, (u32)SITE_MAX);
	pthread_mutex_lock(&c->skep->lock);
	if (effective)
		query_effective(c->skep, a->attach_type, &g, r, flags);
	else
		query_one(site_find(&c->skep->sites, a->attach_type, &g.id[0]), r, flags);
	pthread_mutex_unlock(&c->skep->lock);
	if (!a->prog_attach_flags || !a->prog_ids)
		return 0;
	return client_write(c->client, a->prog_attach_flags, flags,
			    MIN(r->n, r->max) * sizeof(*flags));
}

/* --- links --- */

struct cgroup_link {
	struct link link; /* first */
	struct skep *skep;
	struct file_id cgroup; /* ino 0: detached; under the instance's lock */
	u32 attach_type;
};

static int link_detach(struct link *link)
{
	struct cgroup_link *l = (struct cgroup_link *)link;

	pthread_mutex_lock(&l->skep->lock);
	if (l->cgroup.ino) {
		struct site *p = site_find(&l->skep->sites, l->attach_type, &l->cgroup);

		site_take(p, (u32)site_index(p, NULL, link));
		l->cgroup.ino = 0;
	}
	pthread_mutex_unlock(&l->skep->lock);
	return 0;
}

static int update(struct cgroup_link *l, struct skep_prog *new, struct skep_prog *old,
		  struct skep_prog **was)
{
	if (!l->cgroup.ino)
		return -ENOLINK;
	if (old && old != l->link.prog)
		return -EPERM;
	if (new->type != l->link.prog->type)
		return -EINVAL;
	*was = l->link.prog;
	pthread_mutex_lock(&l->link.lock);
	l->link.prog = new;
	pthread_mutex_unlock(&l->link.lock);
	site_find(&l->skep->sites, l->attach_type, &l->cgroup)->revision++;
	return 0;
}

static int link_update(struct link *link, struct skep_prog *new, struct skep_prog *old)
{
	struct cgroup_link *l = (struct cgroup_link *)link;
	struct skep_prog *was = NULL;
	int err;

	pthread_mutex_lock(&l->skep->lock);
	err = update(l, new, old, &was);
	if (!err)
		prog_ref(new);
	pthread_mutex_unlock(&l->skep->lock);
	prog_unref(was);
	return err;
}

static u32 link_info(struct link *link, struct abi_link_info *info, char *name, u32 name_size)
{
	struct cgroup_link *l = (struct cgroup_link *)link;

	pthread_mutex_lock(&l->skep->lock);
	info->cgroup.cgroup_id = l->cgroup.ino;
	pthread_mutex_unlock(&l->skep->lock);
	info->cgroup.attach_type = l->attach_type;
	return 0;
}

static void link_fdinfo(struct link *link, struct buf *out)
{
	struct cgroup_link *l = (struct cgroup_link *)link;

	buf_printf(out, "cgroup_id:\t%" PRIu64 "\nattach_type:\t%u\n", l->cgroup.ino,
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

static int link_put(struct call *c, const struct cgroup *g, struct cgroup_link *l)
{
	struct attached a = { .link = &l->link };
	struct skep_prog *old = NULL;
	int err;

	pthread_mutex_lock(&c->skep->lock);
	err = put(c->skep, l->attach_type, g, &a, BPF_F_ALLOW_MULTI, NULL, &old);
	if (!err)
		l->cgroup = g->id[0];
	pthread_mutex_unlock(&c->skep->lock);
	return err;
}

static int cgroup_link(struct call *c, const struct attr_link_create *a, struct skep_prog *prog,
		       struct link **out)
{
	struct cgroup_link *l;
	struct cgroup g;
	int err;

	if (a->flags & ~F_POSITION)
		return -EINVAL;
	if (a->flags)
		return check_flags(a->flags);
	TRY(get_cgroup(c, a->target_fd, &g));
	l = calloc(1, sizeof(*l));
	if (!l)
		return -ENOMEM;
	link_init(&l->link, BPF_LINK_TYPE_CGROUP, &ops, prog);
	l->skep = c->skep;
	l->attach_type = a->attach_type;
	err = link_put(c, &g, l);
	if (err) {
		link_unref(&l->link);
		return err;
	}
	note_no_event("cgroup");
	*out = &l->link;
	return 0;
}

const struct attach_ops attach_cgroup = {
	.attach = cgroup_attach, .detach = cgroup_detach, .query = cgroup_query, .link = cgroup_link
};
