/* BPF_MAP_TYPE_PERCPU_HASH: a hash of which every CPU slot has its own values. A key that is there is
 * written in place, as no other slot's program can be reading. */
#include "base/err.h"
#include "btf/record.h"
#include "map/htab.h"

static int percpu_hash_check_attr(const struct map_attr *a)
{
	TRY(htab_check_attr(a));
	return a->value_size > PERCPU_MAX_VALUE ? -E2BIG : 0;
}

static int percpu_hash_init(struct skep_map *m, const struct map_attr *a)
{
	return htab_init(m, false, true);
}

const struct skep_map_type map_percpu_hash = {
	.type = BPF_MAP_TYPE_PERCPU_HASH,
	.name = "percpu_hash",
	.kernel_struct = "bpf_htab",
	.describe = htab_describe,
	.fields = FIELD_KPTRS | FIELD_REFCOUNT,
	.flags = HTAB_FLAGS | BPF_F_NUMA_NODE | BPF_F_NO_PREALLOC,
	.per_cpu = true,
	.check_attr = percpu_hash_check_attr,
	.init = percpu_hash_init,
	.done = htab_done,
	.each_value = htab_each_value,
	.values = htab_values,
	.lookup = htab_percpu_lookup,
	.update = htab_percpu_update,
	.remove = htab_remove,
	.next_key = htab_next_key,
	.sys_lookup = htab_sys_lookup,
	.sys_update = htab_percpu_sys_update,
	.sys_lookup_remove = htab_sys_lookup_remove,
	.batches = HTAB_BATCHES,
	.bucket = htab_bucket_batch,
	.for_each = htab_for_each,
	.memory = htab_memory,
};
