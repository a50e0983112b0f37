/* BPF_MAP_TYPE_STACK_TRACE: call stacks by their number. Programs put them in with bpf_get_stackid(), which
 * finds no stack here (helper/stack_trace.c), so that it stays empty. */
#include "base/err.h"
#include "map/map.h"

#define DEPTH_MAX 127 /* PERF_MAX_STACK_DEPTH */

static int stack_check_attr(const struct map_attr *a)
{
	u32 frame = a->flags & BPF_F_STACK_BUILD_ID ? sizeof(struct bpf_stack_build_id) : 8;

	if (!a->max_entries || a->key_size != 4 || a->value_size < 8 || a->value_size % frame ||
	    a->value_size / frame > DEPTH_MAX)
		return fail(-EINVAL, "stack_trace: key size %u (must be 4), value size %u",
			    a->key_size, a->value_size);
	return 0;
}

static int stack_init(struct skep_map *m, const struct map_attr *a)
{
	return 0;
}

static void stack_done(struct skep_map *m)
{
}

static int stack_sys_lookup(struct skep_map *m, const void *key, void *value, u64 flags)
{
	return -ENOENT;
}

static int stack_sys_lookup_remove(struct skep_map *m, const void *key, void *value, u64 flags)
{
	return -ENOENT;
}

static int stack_sys_update(struct skep_map *m, const void *key, const void *value, u64 flags)
{
	return -EINVAL;
}

static int stack_remove(struct skep_map *m, const void *key, struct skep_run *run)
{
	return index_of_key(key) >= m->max_entries ? -E2BIG : -ENOENT;
}

static int stack_next_key(struct skep_map *m, const void *key, void *next)
{
	return -ENOENT;
}

static const u32 stack_helpers[] = { BPF_FUNC_get_stackid, 0 };

const struct skep_map_type map_stack_trace = {
	.type = BPF_MAP_TYPE_STACK_TRACE,
	.name = "stack_trace",
	.kernel_struct = "bpf_stack_map",
	.flags = BPF_F_NUMA_NODE | BPF_F_RDONLY | BPF_F_WRONLY | BPF_F_STACK_BUILD_ID,
	.no_btf = true,
	.helpers = stack_helpers,
	.check_attr = stack_check_attr,
	.init = stack_init,
	.done = stack_done,
	.remove = stack_remove,
	.next_key = stack_next_key,
	.sys_lookup = stack_sys_lookup,
	.sys_lookup_remove = stack_sys_lookup_remove,
	.sys_update = stack_sys_update,
};
