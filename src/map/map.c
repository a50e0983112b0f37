/* What all map types share: creation, values with fields that are not data, bpf(2)'s element
 * commands, freezing. See map.h. */
#include "map/map.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "insn/insn.h"
#include "exec/prog.h"
#include "base/spin.h"
#include "btf/record.h"
#include "map/async.h"
#include "map/copy.h"
#include "map/image.h"
#include "map/local.h"
#include "map/map_in_map.h"
#include "map/map_btf.h"

#define MAP_TYPE(name) extern const struct skep_map_type map_##name;
#include "map/map_types.def"

static const struct skep_map_type *const map_types[] = {
#define MAP_TYPE(name) &map_##name,
#include "map/map_types.def"
};

const struct skep_map_type *map_type_find(u32 type)
{
	for (u32 i = 0; i < ARRAY_SIZE(map_types); i++)
		if (map_types[i]->type == type)
			return map_types[i];
	return NULL;
}

/* --- creation --- */

/* Only one node is offered; -1 (NUMA_NO_NODE) means any. Memory of every CPU has no node. */
static int check_numa(const struct skep_map_type *t, const struct map_attr *a)
{
	bool no_node = t->per_cpu || (a->flags & BPF_F_NO_COMMON_LRU);

	if (!(a->flags & BPF_F_NUMA_NODE) || a->numa_node == ~0u || (!a->numa_node && !no_node))
		return 0;
	return fail(-EINVAL, "%s map: NUMA node %u is not possible", t->name, a->numa_node);
}

static int check_access_flags(u32 flags)
{
	const u32 user = BPF_F_RDONLY | BPF_F_WRONLY, prog = BPF_F_RDONLY_PROG | BPF_F_WRONLY_PROG;

	if ((flags & user) == user || (flags & prog) == prog)
		return fail(-EINVAL, "map: read-only and write-only at once (flags 0x%x)", flags);
	return 0;
}

static int check_attr(const struct skep_map_type *t, const struct map_attr *a)
{
	int err;

	if (a->flags & ~t->flags)
		return fail(-EINVAL, "%s map: flags 0x%x are not possible", t->name,
			    a->flags & ~t->flags);
	if (a->extra && !t->has_extra)
		return fail(-EINVAL, "%s map: map_extra must be 0", t->name);
	TRY(check_access_flags(a->flags));
	err = t->check_attr ? t->check_attr(a) : 0;
	if (err && err != -E2BIG)
		return err;
	TRY(check_numa(t, a));
	return err; /* how much memory it takes is looked at last */
}

int map_check_attr(const struct map_attr *a)
{
	const struct skep_map_type *t = map_type_find(a->type);

	return t ? check_attr(t, a) : fail(-EINVAL, "map type %u is not known", a->type);
}

static void free_all_fields(struct skep_map *m)
{
	if (m->record && m->type->each_value)
		m->type->each_value(m, map_value_free);
}

static void map_free(struct object *o)
{
	struct skep_map *m = container_of(o, struct skep_map, obj);

	free_all_fields(m);
	m->type->done(m);
	segment_free(&m->seg);
	btf_unref(m->btf);
	map_unref(m->inner);
	free(m->record);
	map_image_free(m);
	free(m);
}

static struct skep_map *map_alloc(struct runtime *rt, const struct skep_map_type *t,
				  const struct map_attr *a)
{
	struct skep_map *m = calloc(1, sizeof(*m));

	if (!m)
		return NULL;
	object_init(&m->obj, OBJECT_MAP, map_free);
	m->type = t;
	m->rt = rt;
	m->key_size = a->key_size;
	m->value_size = a->value_size;
	m->value_stride = ALIGN_UP(a->value_size, 8);
	m->max_entries = a->max_entries;
	m->flags = a->flags | t->own_flags;
	m->extra = a->extra;
	memcpy(m->name, a->name, sizeof(m->name));
	m->spin_lock_off = -1;
	m->seg.fd = -1;
	return m;
}

int map_template_new(const struct skep_map *m, struct skep_map **out)
{
	struct map_attr a = { .key_size = m->key_size,
			      .value_size = m->value_size,
			      .max_entries = m->max_entries,
			      .flags = m->flags,
			      .extra = m->extra };
	struct skep_map *t;

	t = map_alloc(m->rt, m->type, &a);
	if (!t)
		return -ENOMEM;
	*out = t;
	t->spin_lock_off = m->spin_lock_off;
	if (m->record) {
		t->record = malloc(sizeof(*t->record));
		if (!t->record)
			return -ENOMEM;
		*t->record = *m->record;
	}
	t->btf = m->btf;
	t->btf_key_id = m->btf_key_id;
	t->btf_value_id = m->btf_value_id;
	if (t->btf)
		btf_ref(t->btf);
	return 0;
}

int map_new(struct runtime *rt, const struct map_attr *a, struct skep_map **out)
{
	const struct skep_map_type *t = map_type_find(a->type);
	struct skep_map *m;
	int err;

	if (!t)
		return fail(-EINVAL, "map type %u is not known", a->type);
	TRY(check_attr(t, a));
	m = map_alloc(rt, t, a);
	if (!m)
		return -ENOMEM;
	err = map_set_btf(m, a);
	if (!err)
		err = t->init(m, a);
	if (err) {
		map_unref(m);
		return err == -ENOSPC ? -ENOMEM : err;
	}
	if (m->seg.base)
		segment_set_owner(&m->seg, m);
	*out = m;
	return 0;
}

/* --- values --- */

void map_value_in(const struct skep_map *m, void *value, const void *other)
{
	const struct btf_record *r = m->record;
	u32 at = 0;

	for (u32 i = 0; unlikely(r != NULL) && i < r->nr; i++) {
		copy_in((char *)value + at, (const char *)other + at, r->field[i].off - at);
		at = r->field[i].off + r->field[i].size;
	}
	copy_in((char *)value + at, (const char *)other + at, m->value_size - at);
}

void map_value_out(const struct skep_map *m, void *other, const void *value)
{
	const struct btf_record *r = m->record;
	u32 at = 0;

	for (u32 i = 0; unlikely(r != NULL) && i < r->nr; i++) {
		copy_out((char *)other + at, (const char *)value + at, r->field[i].off - at);
		at = r->field[i].off + r->field[i].size;
		memset((char *)other + r->field[i].off, 0, r->field[i].size);
	}
	copy_out((char *)other + at, (const char *)value + at, m->value_size - at);
}

void map_value_free(struct skep_map *m, void *value)
{
	if (likely(!m->record))
		return;
	fields_free(m->record, value);
	async_forget(m, value);
}

void map_value_init(struct skep_map *m, void *value)
{
	static const char zero[sizeof(u64)];

	map_value_free(m, value); /* what was stored by who still held a pointer */
	for (u32 i = 0; m->record && i < m->record->nr; i++)
		for (u32 at = 0; at < m->record->field[i].size; at += 4)
			copy_in((char *)value + m->record->field[i].off + at, zero, 4);
}

void map_lock_value(struct skep_map *m, void *value)
{
	spin_lock((_Atomic u32 *)(void *)((char *)value + m->spin_lock_off));
}

void map_unlock_value(struct skep_map *m, void *value)
{
	spin_unlock((_Atomic u32 *)(void *)((char *)value + m->spin_lock_off));
}

/* --- bpf(2)'s element commands --- */

u32 map_user_value_size(const struct skep_map *m)
{
	if (m->type->holds != OBJECT_NONE)
		return sizeof(u32);
	return m->type->per_cpu ? m->value_stride * m->rt->nr_cpus : m->value_size;
}

static int check_lookup_flags(const struct skep_map *m, u64 flags)
{
	if (flags & ~(u64)BPF_F_LOCK)
		return -EINVAL;
	return (flags & BPF_F_LOCK) && m->spin_lock_off < 0 ? -EINVAL : 0;
}

static void value_out_locked(struct skep_map *m, void *other, void *value, u64 flags)
{
	if (flags & BPF_F_LOCK)
		map_lock_value(m, value);
	map_value_out(m, other, value);
	if (flags & BPF_F_LOCK)
		map_unlock_value(m, value);
}

int map_sys_lookup(struct skep_map *m, const void *key, void *value, u64 flags)
{
	void *in_map;

	TRY(check_lookup_flags(m, flags));
	if (m->type->sys_lookup)
		return m->type->sys_lookup(m, key, value, flags);
	if (m->type->get_object_id)
		return m->type->get_object_id(m, key, value);
	if (m->type->peek)
		return m->type->peek(m, value);
	if (!m->type->lookup)
		return -ENOTSUPP;
	in_map = m->type->lookup(m, key, NULL);
	if (!in_map)
		return -ENOENT;
	value_out_locked(m, value, in_map, flags);
	return 0;
}

int map_sys_update(struct skep_map *m, const void *key, const void *value, u64 flags)
{
	/* Before all else, unlike in programs. */
	if ((flags & BPF_F_LOCK) && m->spin_lock_off < 0)
		return -EINVAL;
	if (m->type->sys_update)
		return m->type->sys_update(m, key, value, flags);
	if (m->type->push)
		return m->type->push(m, value, flags);
	return m->type->update ? m->type->update(m, key, value, flags, NULL) : -ENOTSUPP;
}

int map_sys_delete(struct skep_map *m, const void *key)
{
	return m->type->remove ? m->type->remove(m, key, NULL) : -ENOTSUPP;
}

int map_sys_lookup_delete(struct skep_map *m, const void *key, void *value, u64 flags)
{
	TRY(check_lookup_flags(m, flags));
	if (m->type->pop)
		return m->type->pop(m, value);
	if (!m->type->sys_lookup_remove)
		return -ENOTSUPP;
	return m->type->sys_lookup_remove(m, key, value, flags);
}

int map_sys_next_key(struct skep_map *m, const void *key, void *next)
{
	return m->type->next_key ? m->type->next_key(m, key, next) : -ENOTSUPP;
}

int index_next_key(struct skep_map *m, const void *key, void *next)
{
	u32 i = key ? index_of_key(key) : ~0u;

	if (i == m->max_entries - 1)
		return -ENOENT;
	i = i < m->max_entries ? i + 1 : 0;
	memcpy(next, &i, sizeof(i));
	return 0;
}

/* --- freezing, accounting --- */

/* User space cannot write from now on; programs can. Where clients map the memory themselves, the
 * file refuses new writable mappings from now on. */
int map_freeze(struct skep_map *m)
{
	bool no = false;

	if (record_has(m->record, FIELD_ASYNC))
		return -ENOTSUPP;
	if (m->flags & BPF_F_RDONLY)
		return -EPERM;
	/* seq_cst pairs with whoever counts itself in `writers` and then looks at `frozen`. */
	if (!atomic_compare_exchange_strong(&m->frozen, &no, true))
		return -EPERM;
	if (atomic_load(&m->writers)) {
		atomic_store(&m->frozen, false);
		return -EBUSY;
	}
	map_image_freeze(m);
	if (m->type->user_mmap && m->seg.fd >= 0)
		fcntl(m->seg.fd, F_ADD_SEALS, F_SEAL_FUTURE_WRITE);
	return 0;
}

u64 map_memory(const struct skep_map *m)
{
	return sizeof(*m) + m->seg.size + (m->type->memory ? m->type->memory(m) : 0);
}

void map_layout(const struct skep_map *m, struct map_layout *out)
{
	*out = (struct map_layout){ .max = m->max_entries,
				    .lookup = m->type->lookup_for ? m->type->lookup_for(m)
								  : m->type->lookup,
				    .update = m->type->update,
				    .remove = m->type->remove };
	if (m->type->layout)
		m->type->layout(m, out);
}

bool map_of_insn(const struct skep_prog *p, const struct bpf_insn *i, u32 *index, u32 *off)
{
	u64 addr = insn_imm64(i);

	for (u32 n = 0; n < p->nr_maps; n++) {
		struct skep_map *m = p->maps[n];
		u64 base = (uintptr_t)m;

		if (i->src_reg == BPF_PSEUDO_MAP_VALUE &&
		    (!m->type->value_addr || m->type->value_addr(m, 0, &base) ||
		     addr - base >= m->value_size))
			continue;
		if (i->src_reg == BPF_PSEUDO_MAP_FD && addr != base)
			continue;
		*index = n;
		*off = (u32)(addr - base);
		return i->src_reg == BPF_PSEUDO_MAP_VALUE || i->src_reg == BPF_PSEUDO_MAP_FD;
	}
	return false;
}
