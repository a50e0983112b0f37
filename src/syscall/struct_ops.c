/* See struct_ops.h. Nothing calls the functions yet: user space has no TCP of its own. */
#include "syscall/struct_ops.h"

#include <errno.h>
#include <stdlib.h>

#include "object/ops.h"

/* --- the map's element --- */

static int prog_of_fd(void *arg, u32 fd, struct skep_prog **out)
{
	struct object *o;

	TRY(client_object(arg, (int)fd, OBJECT_PROG, NULL, &o));
	*out = (struct skep_prog *)o;
	return 0;
}

/* Under the structure's lock. */
static int update(struct skep_client *c, struct skep_map *m, const void *value)
{
	struct struct_ops *o = struct_ops_of(m);
	int err;

	TRY(struct_ops_fill(m, value, prog_of_fd, c));
	if (m->flags & ABI_F_LINK) {
		atomic_store(&o->state, OPS_READY);
		return 0;
	}
	err = ops_register(c->skep, m);
	if (err)
		struct_ops_clear(m);
	else
		atomic_store(&o->state, OPS_INUSE);
	return err;
}

int struct_ops_update(struct skep_client *c, struct skep_map *m, const void *key, const void *value,
		      u64 flags)
{
	struct struct_ops *o = struct_ops_of(m);
	int err;

	if (flags)
		return -EINVAL;
	if (index_of_key(key))
		return -E2BIG;
	pthread_mutex_lock(&o->lock);
	err = update(c, m, value);
	pthread_mutex_unlock(&o->lock);
	return err;
}

int struct_ops_delete(struct skep *s, struct skep_map *m, const void *key)
{
	struct struct_ops *o = struct_ops_of(m);
	u32 was = OPS_INUSE;

	(void)key;
	if (m->flags & ABI_F_LINK)
		return -EOPNOTSUPP;
	if (atomic_compare_exchange_strong(&o->state, &was, OPS_TOBEFREE)) {
		ops_unregister(s, m);
		return 0;
	}
	return was == OPS_TOBEFREE ? -EINPROGRESS : -ENOENT;
}

/* --- links --- */

struct ops_link {
	struct link link; /* first */
	struct skep *skep;
	pthread_mutex_t lock;
	struct skep_map *map; /* a reference; NULL: detached. Under the lock */
};

static int detach(struct link *link)
{
	struct ops_link *l = (struct ops_link *)link;
	struct skep_map *m;

	pthread_mutex_lock(&l->lock);
	m = l->map;
	l->map = NULL;
	pthread_mutex_unlock(&l->lock);
	if (!m)
		return -EINVAL;
	ops_unregister(l->skep, m);
	map_unref(m);
	return 0;
}

static u32 info(struct link *link, struct abi_link_info *info, char *name, u32 name_size)
{
	struct ops_link *l = (struct ops_link *)link;

	(void)name;
	(void)name_size;
	pthread_mutex_lock(&l->lock);
	info->struct_ops.map_id = l->map ? l->map->obj.id : 0;
	pthread_mutex_unlock(&l->lock);
	return 0;
}

static void fdinfo(struct link *link, struct buf *out)
{
	struct ops_link *l = (struct ops_link *)link;

	pthread_mutex_lock(&l->lock);
	if (l->map)
		buf_printf(out, "map_id:\t%u\n", l->map->obj.id);
	pthread_mutex_unlock(&l->lock);
}

static void free_link(struct link *link)
{
	struct ops_link *l = (struct ops_link *)link;
	int err = detach(link);

	(void)err; /* it may have been detached before */
	pthread_mutex_destroy(&l->lock);
	free(l);
}

static const struct link_ops ops = {
	.detach = detach, .info = info, .free = free_link, .fdinfo = fdinfo
};

bool is_struct_ops_link(const struct link *l)
{
	return l->ops == &ops;
}

/* A structure that was made for links and is filled. -EINVAL. Takes a reference. */
static int ready_map(struct call *c, u32 fd, struct skep_map **out)
{
	struct struct_ops *o;

	TRY(call_map(c, fd, NULL, out));
	o = struct_ops_of(*out);
	if (o && ((*out)->flags & ABI_F_LINK) && atomic_load(&o->state) == OPS_READY)
		return 0;
	map_unref(*out);
	return fail(-EINVAL, "struct_ops: map %d is no structure that is ready for a link",
		    (int)fd);
}

int struct_ops_link(struct call *c, const struct attr_link_create *a, struct link **out)
{
	struct ops_link *l;
	struct skep_map *m;
	int err;

	TRY(ready_map(c, a->map_fd, &m));
	l = a->flags ? NULL : calloc(1, sizeof(*l));
	err = a->flags ? -EINVAL : l ? ops_register(c->skep, m) : -ENOMEM;
	if (err) {
		map_unref(m);
		free(l);
		return err;
	}
	link_init(&l->link, BPF_LINK_TYPE_STRUCT_OPS, &ops, NULL);
	pthread_mutex_init(&l->lock, NULL);
	l->skep = c->skep;
	l->map = m;
	*out = &l->link;
	return 0;
}

/* Under the link's lock; *old: what the link held until now. */
static int replace(struct ops_link *l, struct skep_map *new, const struct skep_map *expected,
		   struct skep_map **old)
{
	if (!l->map)
		return -ENOLINK;
	if (expected && expected != l->map)
		return -EPERM;
	TRY(ops_replace(l->skep, l->map, new));
	*old = l->map;
	l->map = new;
	map_ref(new);
	return 0;
}

int struct_ops_link_update(struct call *c, struct link *link, const struct attr_link_update *a)
{
	struct ops_link *l = (struct ops_link *)link;
	struct skep_map *new, *expected = NULL, *old = NULL;
	int err;

	if (!(a->flags & BPF_F_REPLACE) && a->old_map_fd)
		return -EINVAL;
	TRY(ready_map(c, a->new_map_fd, &new));
	err = a->flags & BPF_F_REPLACE ? call_map(c, a->old_map_fd, NULL, &expected) : 0;
	if (!err) {
		pthread_mutex_lock(&l->lock);
		err = replace(l, new, expected, &old);
		pthread_mutex_unlock(&l->lock);
	}
	map_unref(old);
	map_unref(expected);
	map_unref(new);
	return err;
}
