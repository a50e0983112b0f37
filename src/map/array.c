/* BPF_MAP_TYPE_ARRAY: max_entries values, all of them always there.
 *
 * Invariant: value i lies at seg.base + i * value_stride. The segment holds nothing else, so that
 * with BPF_F_MMAPABLE its file is what clients may map. */
#include "map/map.h"

#include <string.h>

#include "base/err.h"
#include "btf/record.h"
#include "btf/image.h"
#include "map/array.h"

int array_check_attr(const struct map_attr *a)
{
	if (!a->max_entries || a->key_size != 4 || !a->value_size)
		return fail(-EINVAL, "array: key size %u (must be 4), value size %u, %u entries",
			    a->key_size, a->value_size, a->max_entries);
	if (a->value_size > INT32_MAX)
		return fail(-E2BIG, "array: a value of %u bytes", a->value_size);
	return 0;
}

static int array_init(struct skep_map *m, const struct map_attr *a)
{
	return segment_new(m->rt->va, (u64)m->max_entries * m->value_stride, "bpf-map", &m->seg);
}

static void array_done(struct skep_map *m)
{
}

static void array_each_value(struct skep_map *m, void (*fn)(struct skep_map *m, void *value))
{
	for (u32 i = 0; m->seg.base && i < m->max_entries; i++)
		fn(m, (char *)m->seg.base + (u64)i * m->value_stride);
}

static const void *array_key_of(const struct skep_map *m, const void *value, u32 *index)
{
	*index = (u32)((u64)((const char *)value - (const char *)m->seg.base) / m->value_stride);
	return index;
}

static void *array_lookup(struct skep_map *m, const void *key, struct skep_run *run)
{
	u32 i = index_of_key(key);

	if (unlikely(i >= m->max_entries))
		return NULL;
	return (char *)m->seg.base + (u64)i * m->value_stride;
}

int array_check_update(const struct skep_map *m, const void *key, u64 flags)
{
	if ((flags & ~(u64)BPF_F_LOCK) > BPF_EXIST)
		return -EINVAL;
	if (index_of_key(key) >= m->max_entries)
		return -E2BIG;
	if (flags & BPF_NOEXIST)
		return -EEXIST;
	return map_check_update_flags(m, flags);
}

static int array_update(struct skep_map *m, const void *key, const void *value, u64 flags,
			struct skep_run *run)
{
	void *in_map;

	TRY(array_check_update(m, key, flags));
	in_map = array_lookup(m, key, run);
	if (flags & BPF_F_LOCK)
		map_lock_value(m, in_map);
	map_value_in(m, in_map, value);
	if (flags & BPF_F_LOCK)
		map_unlock_value(m, in_map);
	map_value_free(m, in_map); /* what the old value owned */
	return 0;
}

int array_remove(struct skep_map *m, const void *key, struct skep_run *run)
{
	return -EINVAL;
}

s64 array_for_each(struct skep_map *m, u64 callback, u64 ctx, u64 flags, struct skep_run *run)
{
	s64 n = 0;

	if (flags)
		return -EINVAL;
	for (u32 i = 0; i < m->max_entries; i++) {
		u32 key = i;
		void *value = m->type->lookup(m, &key, run);

		n++;
		if (run->callback(run, callback, (uintptr_t)m, (uintptr_t)&key, (uintptr_t)value,
				  ctx, 0))
			break;
	}
	return n;
}

/* index_mask cuts an index to a power of two, which Linux's programs without privileges do. */
void array_describe(const struct skep_map *m, const struct image *i)
{
	u64 mask = 1;

	while (mask < m->max_entries)
		mask <<= 1;
	image_set(i, "elem_size", ALIGN_UP(m->value_size, 8));
	image_set(i, "index_mask", mask - 1);
}

static int array_value_addr(struct skep_map *m, u32 off, u64 *addr)
{
	if (m->max_entries != 1)
		return -ENOTSUPP;
	if (off >= m->value_size)
		return -EINVAL;
	*addr = (uintptr_t)m->seg.base + off;
	return 0;
}

static void array_layout(const struct skep_map *m, struct map_layout *out)
{
	out->kind = MAP_ARRAY;
	out->base = (uintptr_t)m->seg.base;
	out->stride = m->value_stride;
}

const struct skep_map_type map_array = {
	.type = BPF_MAP_TYPE_ARRAY,
	.name = "array",
	.kernel_struct = "bpf_array",
	.describe = array_describe,
	.flags = BPF_F_NUMA_NODE | BPF_F_MMAPABLE | BPF_F_RDONLY | BPF_F_WRONLY |
		 BPF_F_RDONLY_PROG | BPF_F_WRONLY_PROG | BPF_F_INNER_MAP,
	.fields = FIELD_LOCKS | FIELD_ASYNC | FIELD_KPTRS | FIELD_ROOTS | FIELD_REFCOUNT,
	.user_mmap = true,
	.indexed = true,
	.check_attr = array_check_attr,
	.init = array_init,
	.done = array_done,
	.each_value = array_each_value,
	.key_of = array_key_of,
	.lookup = array_lookup,
	.update = array_update,
	.remove = array_remove,
	.next_key = index_next_key,
	.batches = MAP_BATCH_LOOKUP | MAP_BATCH_UPDATE,
	.for_each = array_for_each,
	.value_addr = array_value_addr,
	.layout = array_layout,
};
