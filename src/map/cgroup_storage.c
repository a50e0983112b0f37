/* BPF_MAP_TYPE_CGROUP_STORAGE and PERCPU_CGROUP_STORAGE: a value per control group that a program is
 * attached to. Linux makes it at attachment; runs here belong to one control group, whose value lives as
 * long as the map. bpf(2) sees what Linux shows before any attachment: nothing. */
#include "base/err.h"
#include "btf/record.h"
#include "map/map.h"

#define VALUE_MAX	 65407 /* measured: 65535 less what Linux puts in front */
#define PERCPU_VALUE_MAX 32768

#define STORAGE_FLAGS                                                                              \
	(BPF_F_NUMA_NODE | BPF_F_RDONLY | BPF_F_WRONLY | BPF_F_RDONLY_PROG | BPF_F_WRONLY_PROG)

static int storage_check_attr(const struct map_attr *a)
{
	u32 max = a->type == BPF_MAP_TYPE_CGROUP_STORAGE ? VALUE_MAX : PERCPU_VALUE_MAX;

	/* In Linux's order: E2BIG comes before what is said of flags and entries. */
	if ((a->key_size != 8 && a->key_size != sizeof(struct bpf_cgroup_storage_key)) ||
	    !a->value_size)
		return fail(-EINVAL, "cgroup_storage: key size %u (8 or 16), value size %u",
			    a->key_size, a->value_size);
	if (a->value_size > max)
		return -E2BIG;
	if ((a->flags & ~STORAGE_FLAGS) || a->max_entries)
		return fail(-EINVAL, "cgroup_storage: flags 0x%x, %u entries (0)", a->flags,
			    a->max_entries);
	return 0;
}

static u32 copies(const struct skep_map *m)
{
	return m->type->type == BPF_MAP_TYPE_CGROUP_STORAGE ? 1 : m->rt->nr_cpus;
}

static int storage_init(struct skep_map *m, const struct map_attr *a)
{
	return segment_new(m->rt->va, (u64)copies(m) * m->value_stride, "bpf-map", &m->seg);
}

static void storage_done(struct skep_map *m)
{
}

/* bpf_get_local_storage(): never missing. */
static void *storage_lookup(struct skep_map *m, const void *key, struct skep_run *run)
{
	u32 which = copies(m) > 1 ? run->cpu : 0;

	return (char *)m->seg.base + (u64)which * m->value_stride;
}

static int storage_sys_lookup(struct skep_map *m, const void *key, void *value, u64 flags)
{
	return -ENOENT;
}

static int storage_sys_update(struct skep_map *m, const void *key, const void *value, u64 flags)
{
	return flags && flags != BPF_EXIST ? -EINVAL : -ENOENT;
}

static int storage_remove(struct skep_map *m, const void *key, struct skep_run *run)
{
	return -EINVAL;
}

static int storage_next_key(struct skep_map *m, const void *key, void *next)
{
	return -ENOENT;
}

static const u32 storage_helpers[] = { BPF_FUNC_get_local_storage, 0 };

#define STORAGE(number, word, holds_fields)                                                        \
	{                                                                                          \
		.type = (number), .name = (word), .kernel_struct = "bpf_cgroup_storage_map",       \
		.flags = ~0u /* storage_check_attr() */, .fields = (holds_fields),                 \
		.helpers = storage_helpers, .check_attr = storage_check_attr,                      \
		.init = storage_init, .done = storage_done, .lookup = storage_lookup,              \
		.remove = storage_remove, .next_key = storage_next_key,                            \
		.sys_lookup = storage_sys_lookup, .sys_update = storage_sys_update,                \
	}

const struct skep_map_type map_cgroup_storage =
	STORAGE(BPF_MAP_TYPE_CGROUP_STORAGE, "cgroup_storage", FIELD_LOCKS);
const struct skep_map_type map_percpu_cgroup_storage =
	STORAGE(BPF_MAP_TYPE_PERCPU_CGROUP_STORAGE, "percpu_cgroup_storage", 0);
