/* BPF_MAP_TYPE_CGROUP_ARRAY: control groups by index. It exists with Linux's attributes and stays empty:
 * a descriptor of a control group is the system's kernel's (-EBADF, as for any other descriptor). */
#include "base/err.h"
#include "map/map.h"
#include "map/array.h"

static int cgroup_check_attr(const struct map_attr *a)
{
	if (!a->max_entries || a->key_size != 4 || a->value_size != 4)
		return fail(-EINVAL, "cgroup_array: key and value have 4 bytes, not %u and %u",
			    a->key_size, a->value_size);
	return 0;
}

static int cgroup_init(struct skep_map *m, const struct map_attr *a)
{
	return 0;
}

static void cgroup_done(struct skep_map *m)
{
}

static int cgroup_sys_lookup(struct skep_map *m, const void *key, void *value, u64 flags)
{
	return -ENOTSUPP;
}

static int cgroup_sys_update(struct skep_map *m, const void *key, const void *value, u64 flags)
{
	if (flags)
		return -EINVAL;
	if (index_of_key(key) >= m->max_entries)
		return -E2BIG;
	return fail(-EBADF, "cgroup_array: the descriptor is no control group's");
}

static int cgroup_remove(struct skep_map *m, const void *key, struct skep_run *run)
{
	return index_of_key(key) >= m->max_entries ? -E2BIG : -ENOENT;
}

static const u32 cgroup_helpers[] = { BPF_FUNC_skb_under_cgroup, BPF_FUNC_current_task_under_cgroup,
				      0 };

const struct skep_map_type map_cgroup_array = {
	.type = BPF_MAP_TYPE_CGROUP_ARRAY,
	.name = "cgroup_array",
	.kernel_struct = "bpf_array",
	.describe = array_describe,
	.flags = BPF_F_NUMA_NODE | BPF_F_RDONLY | BPF_F_WRONLY,
	.no_btf = true,
	.helpers = cgroup_helpers,
	.check_attr = cgroup_check_attr,
	.init = cgroup_init,
	.done = cgroup_done,
	.remove = cgroup_remove,
	.next_key = index_next_key,
	.sys_lookup = cgroup_sys_lookup,
	.sys_update = cgroup_sys_update,
};
