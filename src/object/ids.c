/* See ids.h. */
#include "object/ids.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

void ids_init(struct id_table *t, u32 first)
{
	*t = (struct id_table){ .last = first - 1 };
	pthread_mutex_init(&t->lock, NULL);
}

void ids_done(struct id_table *t)
{
	free(t->v);
	pthread_mutex_destroy(&t->lock);
}

/* Index of the first entry whose id is >= id. */
static u32 lower_bound(const struct id_table *t, u32 id)
{
	u32 lo = 0, hi = t->n;

	while (lo < hi) {
		u32 mid = lo + (hi - lo) / 2;

		if (t->v[mid]->id < id)
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo;
}

static int grow(struct id_table *t)
{
	u32 cap = t->cap ? t->cap * 2 : 16;
	struct object **v;

	if (t->n < t->cap)
		return 0;
	v = realloc(t->v, cap * sizeof(*v));
	if (!v)
		return -ENOMEM;
	t->v = v;
	t->cap = cap;
	return 0;
}

static void place(struct id_table *t, u32 at, struct object *o, u32 id)
{
	memmove(t->v + at + 1, t->v + at, (t->n - at) * sizeof(*t->v));
	o->id = id;
	t->v[at] = o;
	t->n++;
}

int ids_insert(struct id_table *t, struct object *o)
{
	u32 id, at;
	int err;

	pthread_mutex_lock(&t->lock);
	err = t->n >= ID_MAX - 1 ? -ENOSPC : grow(t);
	if (!err) {
		id = t->last >= ID_MAX - 1 ? 1 : t->last + 1;
		at = lower_bound(t, id);
		while (at < t->n && t->v[at]->id == id) { /* only after the counter wrapped */
			id = id == ID_MAX - 1 ? 1 : id + 1;
			at = id == 1 ? 0 : at + 1;
		}
		t->last = id;
		place(t, at, o, id);
	}
	pthread_mutex_unlock(&t->lock);
	return err;
}

int ids_insert_at(struct id_table *t, struct object *o, u32 id)
{
	u32 at;
	int err;

	pthread_mutex_lock(&t->lock);
	at = lower_bound(t, id);
	err = at < t->n && t->v[at]->id == id ? -EEXIST : grow(t);
	if (!err)
		place(t, at, o, id);
	pthread_mutex_unlock(&t->lock);
	return err;
}

void ids_remove(struct id_table *t, struct object *o)
{
	u32 at;

	pthread_mutex_lock(&t->lock);
	at = lower_bound(t, o->id);
	if (at < t->n && t->v[at] == o) {
		memmove(t->v + at, t->v + at + 1, (t->n - at - 1) * sizeof(*t->v));
		t->n--;
	}
	pthread_mutex_unlock(&t->lock);
}

struct object *ids_get(struct id_table *t, u32 id)
{
	struct object *o = NULL;
	u32 at;

	pthread_mutex_lock(&t->lock);
	at = lower_bound(t, id);
	if (at < t->n && t->v[at]->id == id && object_try_ref(t->v[at]))
		o = t->v[at];
	pthread_mutex_unlock(&t->lock);
	return o;
}

u32 ids_next(struct id_table *t, u32 after)
{
	u32 at, id;

	pthread_mutex_lock(&t->lock);
	at = lower_bound(t, after + 1);
	id = at < t->n ? t->v[at]->id : 0;
	pthread_mutex_unlock(&t->lock);
	return id;
}
