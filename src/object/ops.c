/* See ops.h. */
#include "object/ops.h"

#include <errno.h>
#include <string.h>

#include "base/err.h"

static bool same_name(const struct struct_ops *a, const struct struct_ops *b)
{
	return a->kind == b->kind && !strcmp(struct_ops_name(a), struct_ops_name(b));
}

static void link_in(struct skep *s, struct skep_map *m)
{
	struct struct_ops *o = struct_ops_of(m);

	map_ref(m);
	o->next = s->ops;
	o->registered = true;
	s->ops = m;
}

/* True if it was there: then the caller has the table's reference. */
static bool take_out(struct skep *s, struct skep_map *m)
{
	for (struct skep_map **link = &s->ops; *link; link = &struct_ops_of(*link)->next)
		if (*link == m) {
			*link = struct_ops_of(m)->next;
			struct_ops_of(m)->registered = false;
			return true;
		}
	return false;
}

static int may_register(struct skep *s, struct struct_ops *o)
{
	if (!o->kind->may_register)
		return -EOPNOTSUPP;
	for (struct skep_map *m = s->ops; m; m = struct_ops_of(m)->next)
		if (same_name(o, struct_ops_of(m)))
			return fail(-EEXIST, "struct_ops: %s is registered", struct_ops_name(o));
	return o->kind->may_register(struct_ops_name(o));
}

int ops_register(struct skep *s, struct skep_map *m)
{
	int err;

	pthread_mutex_lock(&s->lock);
	err = may_register(s, struct_ops_of(m));
	if (!err)
		link_in(s, m);
	pthread_mutex_unlock(&s->lock);
	return err;
}

void ops_unregister(struct skep *s, struct skep_map *m)
{
	bool was;

	pthread_mutex_lock(&s->lock);
	was = take_out(s, m);
	pthread_mutex_unlock(&s->lock);
	if (was)
		map_unref(m);
}

int ops_replace(struct skep *s, struct skep_map *old, struct skep_map *new)
{
	const struct struct_ops *o = struct_ops_of(old), *n = struct_ops_of(new);
	bool was = false;
	int err = 0;

	pthread_mutex_lock(&s->lock);
	if (!o->kind->may_update)
		err = -EOPNOTSUPP;
	else if (!same_name(o, n) || o->value_id != n->value_id)
		err = fail(-EINVAL, "struct_ops: %s cannot take the place of %s",
			   struct_ops_name(n), struct_ops_name(o));
	else if (n->registered)
		err = -EEXIST;
	if (!err) {
		was = take_out(s, old);
		link_in(s, new);
	}
	pthread_mutex_unlock(&s->lock);
	if (was)
		map_unref(old);
	return err;
}

void ops_unregister_all(struct skep *s)
{
	while (s->ops) {
		struct skep_map *m = s->ops;

		take_out(s, m);
		map_unref(m);
	}
}
