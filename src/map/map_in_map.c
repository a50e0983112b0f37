/* BPF_MAP_TYPE_ARRAY_OF_MAPS, HASH_OF_MAPS: maps whose values are maps like the one given at creation.
 *
 * Clients store descriptors and read ids; programs look up and get the map itself (or null). What an inner
 * map must be like is kept as a map without memory (map_template_new): the one given need not live on.
 * Invariants: a slot holds a reference; what a slot held is released only after every program that could
 * be using it has ended (runtime_synchronize). Only clients change slots, under the lock. */
#include "map/map_in_map.h"
#include "map/array.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "btf/record.h"
#include "map/htab.h"

struct outer {
	pthread_mutex_t lock;	/* slots against each other's updates and against reading ids */
	struct skep_map *table; /* HASH_OF_MAPS: key → address of the inner map */
	struct skep_map *_Atomic slot[];
};

static bool is_outer(const struct skep_map *m)
{
	return m->type->holds == OBJECT_MAP;
}

static int check_inner(const struct map_attr *a)
{
	if (a->value_size != 4)
		return fail(-EINVAL, "map of maps: a value has 4 bytes, not %u", a->value_size);
	if (is_outer(a->inner))
		return fail(-EINVAL, "map of maps: the inner map is a map of maps, too");
	if (a->inner->type->no_inner)
		return fail(-ENOTSUPP, "map of maps: %s maps cannot be inner maps",
			    a->inner->type->name);
	return 0;
}

static bool same_record(const struct btf_record *a, const struct btf_record *b)
{
	if (!a || !b)
		return a == b;
	if (a->nr != b->nr)
		return false;
	for (u32 n = 0; n < a->nr; n++) {
		const struct btf_field *x = &a->field[n], *y = &b->field[n];

		if (x->kind != y->kind || x->off != y->off || x->node_off != y->node_off ||
		    (x->btf_id && (x->btf != y->btf || x->btf_id != y->btf_id)))
			return false;
	}
	return true;
}

/* Programs were verified with the template: what they rely on must be the same. Arrays are indexed
 * without a look at max_entries, unless they were created to differ (BPF_F_INNER_MAP). */
static int may_hold(struct skep_map *m, struct object *o)
{
	const struct skep_map *t = m->inner, *i = container_of(o, struct skep_map, obj);
	bool array = i->type->type == BPF_MAP_TYPE_ARRAY;

	if (t->type != i->type || t->key_size != i->key_size || t->value_size != i->value_size ||
	    t->flags != i->flags || !same_record(t->record, i->record) ||
	    (array && !(t->flags & BPF_F_INNER_MAP) && t->max_entries != i->max_entries))
		return fail(-EINVAL,
			    "map of maps: the map is unlike the inner map given at creation");
	return 0;
}

static int outer_init(struct skep_map *m, const struct map_attr *a, u32 slots)
{
	struct outer *p = calloc(1, sizeof(*p) + (u64)slots * sizeof(p->slot[0]));

	if (!p)
		return -ENOMEM;
	pthread_mutex_init(&p->lock, NULL);
	m->priv = p;
	return map_template_new(a->inner, &m->inner);
}

static int swap_done(struct skep_map *m, struct skep_map *old)
{
	if (!old)
		return 0;
	runtime_synchronize(m->rt);
	map_unref(old);
	return 0;
}

static int id_of(const struct skep_map *inner, u32 *id)
{
	*id = inner ? inner->obj.id : 0;
	return inner ? 0 : -ENOENT;
}

/* --- arrays --- */

static int array_check(const struct map_attr *a)
{
	if (!a->max_entries || a->key_size != 4)
		return fail(-EINVAL, "array_of_maps: a key has 4 bytes, not %u", a->key_size);
	return check_inner(a);
}

static int array_init(struct skep_map *m, const struct map_attr *a)
{
	return outer_init(m, a, a->max_entries);
}

static void array_done(struct skep_map *m)
{
	struct outer *p = m->priv;

	if (!p)
		return;
	for (u32 i = 0; i < m->max_entries; i++)
		map_unref(atomic_load_explicit(&p->slot[i], memory_order_relaxed));
	pthread_mutex_destroy(&p->lock);
	free(p);
}

static void *array_lookup(struct skep_map *m, const void *key, struct skep_run *run)
{
	struct outer *p = m->priv;
	u32 i = index_of_key(key);

	return i < m->max_entries ? atomic_load_explicit(&p->slot[i], memory_order_acquire) : NULL;
}

static int array_set(struct skep_map *m, const void *key, struct object *o, u64 flags)
{
	struct outer *p = m->priv;
	u32 i = index_of_key(key);
	struct skep_map *new = o ? container_of(o, struct skep_map, obj) : NULL, *old;

	if (flags != BPF_ANY)
		return -EINVAL;
	if (i >= m->max_entries)
		return -E2BIG;
	pthread_mutex_lock(&p->lock);
	old = atomic_exchange(&p->slot[i], new);
	pthread_mutex_unlock(&p->lock);
	if (!old && !new)
		return -ENOENT;
	return swap_done(m, old);
}

static int array_get_id(struct skep_map *m, const void *key, u32 *id)
{
	struct outer *p = m->priv;
	int err;

	pthread_mutex_lock(&p->lock);
	err = id_of(array_lookup(m, key, NULL), id);
	pthread_mutex_unlock(&p->lock);
	return err;
}

static int outer_remove(struct skep_map *m, const void *key, struct skep_run *run)
{
	return run ? -EINVAL : array_set(m, key, NULL, 0);
}

static u64 array_memory(const struct skep_map *m)
{
	return sizeof(struct outer) + (u64)m->max_entries * sizeof(void *);
}

static const u32 outer_helpers[] = { BPF_FUNC_map_lookup_elem, 0 };

const struct skep_map_type map_array_of_maps = {
	.type = BPF_MAP_TYPE_ARRAY_OF_MAPS,
	.name = "array_of_maps",
	.kernel_struct = "bpf_array",
	.describe = array_describe,
	.flags = BPF_F_NUMA_NODE | BPF_F_RDONLY | BPF_F_WRONLY,
	.holds = OBJECT_MAP,
	.no_btf = true,
	.helpers = outer_helpers,
	.indexed = true,
	.check_attr = array_check,
	.init = array_init,
	.done = array_done,
	.lookup = array_lookup,
	.remove = outer_remove,
	.next_key = index_next_key,
	.set_object = array_set,
	.get_object_id = array_get_id,
	.may_hold = may_hold,
	.batches = MAP_BATCH_LOOKUP | MAP_BATCH_UPDATE,
	.memory = array_memory,
};

/* --- hashes --- */

static int hash_check(const struct map_attr *a)
{
	TRY(htab_check_attr(a));
	return check_inner(a);
}

static int hash_init(struct skep_map *m, const struct map_attr *a)
{
	struct map_attr table = { .type = BPF_MAP_TYPE_HASH,
				  .key_size = a->key_size,
				  .value_size = sizeof(u64),
				  .max_entries = a->max_entries };
	struct outer *p;

	TRY(outer_init(m, a, 0));
	p = m->priv;
	return map_new(m->rt, &table, &p->table);
}

static struct skep_map *load_inner(const void *value)
{
	const _Atomic u64 *v = value;

	return v ? (struct skep_map *)(uintptr_t)atomic_load_explicit(v, memory_order_acquire)
		 : NULL;
}

static void *hash_lookup(struct skep_map *m, const void *key, struct skep_run *run)
{
	struct outer *p = m->priv;

	return load_inner(htab_lookup(p->table, key, run));
}

static void drop_all(struct skep_map *m)
{
	struct outer *p = m->priv;
	void *key = malloc(m->key_size);
	struct skep_map *inner;

	while (key && p->table && !htab_next_key(p->table, NULL, key)) {
		inner = hash_lookup(m, key, NULL);
		if (htab_remove(p->table, key, NULL))
			break;
		map_unref(inner);
	}
	free(key);
}

static void hash_done(struct skep_map *m)
{
	struct outer *p = m->priv;

	if (!p)
		return;
	drop_all(m);
	map_unref(p->table);
	pthread_mutex_destroy(&p->lock);
	free(p);
}

static int hash_set(struct skep_map *m, const void *key, struct object *o, u64 flags)
{
	struct outer *p = m->priv;
	u64 new = o ? (uintptr_t)container_of(o, struct skep_map, obj) : 0;
	struct skep_map *old;
	int err;

	pthread_mutex_lock(&p->lock);
	old = hash_lookup(m, key, NULL);
	err = o ? htab_update(p->table, key, &new, flags, NULL) : htab_remove(p->table, key, NULL);
	pthread_mutex_unlock(&p->lock);
	return err ?: swap_done(m, old);
}

static int hash_get_id(struct skep_map *m, const void *key, u32 *id)
{
	struct outer *p = m->priv;
	int err;

	pthread_mutex_lock(&p->lock);
	err = id_of(hash_lookup(m, key, NULL), id);
	pthread_mutex_unlock(&p->lock);
	return err;
}

static int hash_next_key(struct skep_map *m, const void *key, void *next)
{
	struct outer *p = m->priv;

	return htab_next_key(p->table, key, next);
}

static int hash_remove(struct skep_map *m, const void *key, struct skep_run *run)
{
	return run ? -EINVAL : hash_set(m, key, NULL, 0);
}

static u64 hash_memory(const struct skep_map *m)
{
	const struct outer *p = m->priv;

	return sizeof(*p) + map_memory(p->table);
}

const struct skep_map_type map_hash_of_maps = {
	.type = BPF_MAP_TYPE_HASH_OF_MAPS,
	.name = "hash_of_maps",
	.kernel_struct = "bpf_htab",
	.describe = htab_describe,
	.flags = HTAB_FLAGS | BPF_F_NUMA_NODE | BPF_F_NO_PREALLOC,
	.holds = OBJECT_MAP,
	.no_btf = true,
	.helpers = outer_helpers,
	.check_attr = hash_check,
	.init = hash_init,
	.done = hash_done,
	.lookup = hash_lookup,
	.remove = hash_remove,
	.next_key = hash_next_key,
	.set_object = hash_set,
	.get_object_id = hash_get_id,
	.may_hold = may_hold,
	.batches = MAP_BATCH_UPDATE | MAP_BATCH_DELETE,
	.memory = hash_memory,
};
