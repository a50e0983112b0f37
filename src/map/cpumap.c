/* BPF_MAP_TYPE_CPUMAP: CPUs that XDP programs redirect packets to; the key is the CPU, the value
 * struct bpf_cpumap_val, or the length of its queue alone. Programs in entries are not run yet, so none is
 * accepted. */
#include <string.h>

#include "base/err.h"
#include "map/map.h"

#define CPUS_MAX  256 /* NR_CPUS of the reference kernel */
#define QUEUE_MAX 16384

static int cpumap_check_attr(const struct map_attr *a)
{
	if (!a->max_entries || a->key_size != 4 || (a->value_size != 4 && a->value_size != 8))
		return fail(-EINVAL, "cpumap: key size %u (must be 4), value size %u (4 or 8)",
			    a->key_size, a->value_size);
	if (a->max_entries > CPUS_MAX)
		return fail(-E2BIG, "cpumap: %u entries, at most %u CPUs", a->max_entries,
			    CPUS_MAX);
	return 0;
}

static int cpumap_init(struct skep_map *m, const struct map_attr *a)
{
	return segment_new(m->rt->va, (u64)m->max_entries * m->value_stride, "bpf-map", &m->seg);
}

static void cpumap_done(struct skep_map *m)
{
}

static u32 *entry(const struct skep_map *m, u32 i)
{
	return (u32 *)((char *)m->seg.base + (u64)i * m->value_stride);
}

/* A CPU without a queue is not in the map. */
static void *cpumap_lookup(struct skep_map *m, const void *key, struct skep_run *run)
{
	u32 i = index_of_key(key);

	return i < m->max_entries && *entry(m, i) ? entry(m, i) : NULL;
}

static int cpumap_update(struct skep_map *m, const void *key, const void *value, u64 flags,
			 struct skep_run *run)
{
	u32 cpu = index_of_key(key), queue;
	s32 prog = 0;

	if (flags > BPF_EXIST)
		return -EINVAL;
	if (cpu >= m->max_entries)
		return -E2BIG;
	if (flags == BPF_NOEXIST)
		return -EEXIST;
	memcpy(&queue, value, sizeof(queue));
	if (queue > QUEUE_MAX)
		return -EOVERFLOW;
	if (cpu >= m->rt->nr_cpus)
		return fail(-ENODEV, "cpumap: there is no CPU %u", cpu);
	if (m->value_size == 8)
		memcpy(&prog, (const char *)value + 4, sizeof(prog));
	if (prog > 0 && queue)
		return fail(-EINVAL, "cpumap: programs in entries are not supported");
	memset(entry(m, cpu), 0, m->value_size);
	*entry(m, cpu) = queue;
	return 0;
}

static int cpumap_remove(struct skep_map *m, const void *key, struct skep_run *run)
{
	if (index_of_key(key) >= m->max_entries)
		return -EINVAL;
	memset(entry(m, index_of_key(key)), 0, m->value_size);
	return 0;
}

static bool cpumap_has_target(struct skep_map *m, u32 key)
{
	return cpumap_lookup(m, &key, NULL) != NULL;
}

static const u32 cpumap_helpers[] = { BPF_FUNC_redirect_map, 0 };

const struct skep_map_type map_cpumap = {
	.type = BPF_MAP_TYPE_CPUMAP,
	.name = "cpumap",
	.kernel_struct = "bpf_cpu_map",
	.flags = BPF_F_NUMA_NODE,
	.no_btf = true,
	.helpers = cpumap_helpers,
	.check_attr = cpumap_check_attr,
	.init = cpumap_init,
	.done = cpumap_done,
	.lookup = cpumap_lookup,
	.update = cpumap_update,
	.remove = cpumap_remove,
	.next_key = index_next_key,
	.has_target = cpumap_has_target,
};
