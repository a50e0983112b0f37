/* BPF_MAP_TYPE_PERCPU_ARRAY: an array of which every CPU slot has its own. The map's segment is its
 * cells (percpu.h). */
#include <stdlib.h>

#include "base/err.h"
#include "btf/record.h"
#include "map/array.h"
#include "map/percpu.h"

static int percpu_array_check_attr(const struct map_attr *a)
{
	TRY(array_check_attr(a));
	return a->value_size > PERCPU_MAX_VALUE ? -E2BIG : 0;
}

static int percpu_array_init(struct skep_map *m, const struct map_attr *a)
{
	struct cells *c = calloc(1, sizeof(*c));

	if (!c)
		return -ENOMEM;
	m->priv = c;
	c->stride = m->value_stride;
	c->nr_cpus = m->rt->nr_cpus;
	c->cpu_stride = cells_cpu_stride(m->max_entries, c->stride);
	TRY(segment_new(m->rt->va, c->cpu_stride * c->nr_cpus, "bpf-map", &m->seg));
	c->base = m->seg.base;
	return 0;
}

static void percpu_array_done(struct skep_map *m)
{
	free(m->priv);
}

static void *percpu_array_lookup(struct skep_map *m, const void *key, struct skep_run *run)
{
	u32 i = index_of_key(key);

	return i < m->max_entries ? cell(m->priv, i, run->cpu) : NULL;
}

static int percpu_array_update(struct skep_map *m, const void *key, const void *value, u64 flags,
			       struct skep_run *run)
{
	TRY(array_check_update(m, key, flags));
	map_value_in(m, cell(m->priv, index_of_key(key), run->cpu), value);
	map_value_free(m, cell(m->priv, index_of_key(key), run->cpu));
	return 0;
}

static int percpu_array_sys_lookup(struct skep_map *m, const void *key, void *value, u64 flags)
{
	u32 i = index_of_key(key);

	if (i >= m->max_entries)
		return -ENOENT;
	cells_out(m, m->priv, i, value);
	return 0;
}

static void percpu_array_each_value(struct skep_map *m, void (*fn)(struct skep_map *m, void *value))
{
	const struct cells *c = m->priv;

	for (u32 i = 0; c && c->base && i < m->max_entries; i++)
		for (u32 cpu = 0; cpu < c->nr_cpus; cpu++)
			fn(m, cell(c, i, cpu));
}

static int percpu_array_sys_update(struct skep_map *m, const void *key, const void *value,
				   u64 flags)
{
	const struct cells *c = m->priv;

	TRY(array_check_update(m, key, flags));
	cells_in(m, c, index_of_key(key), value);
	for (u32 cpu = 0; cpu < c->nr_cpus; cpu++)
		map_value_free(m, cell(c, index_of_key(key), cpu));
	return 0;
}

static u64 percpu_array_memory(const struct skep_map *m)
{
	return sizeof(struct cells);
}

static void percpu_array_layout(const struct skep_map *m, struct map_layout *out)
{
	const struct cells *c = m->priv;

	out->kind = MAP_PERCPU_ARRAY;
	out->base = (uintptr_t)c->base;
	out->stride = c->stride;
	out->cpu_stride = c->cpu_stride;
}

const struct skep_map_type map_percpu_array = {
	.type = BPF_MAP_TYPE_PERCPU_ARRAY,
	.name = "percpu_array",
	.kernel_struct = "bpf_array",
	.describe = array_describe,
	.fields = FIELD_KPTRS | FIELD_REFCOUNT,
	.flags = BPF_F_NUMA_NODE | BPF_F_RDONLY | BPF_F_WRONLY | BPF_F_RDONLY_PROG |
		 BPF_F_WRONLY_PROG,
	.per_cpu = true,
	.indexed = true,
	.check_attr = percpu_array_check_attr,
	.init = percpu_array_init,
	.done = percpu_array_done,
	.each_value = percpu_array_each_value,
	.lookup = percpu_array_lookup,
	.layout = percpu_array_layout,
	.update = percpu_array_update,
	.remove = array_remove,
	.next_key = index_next_key,
	.sys_lookup = percpu_array_sys_lookup,
	.sys_update = percpu_array_sys_update,
	.batches = MAP_BATCH_LOOKUP | MAP_BATCH_UPDATE,
	.for_each = array_for_each,
	.memory = percpu_array_memory,
};
