/* BPF_MAP_TYPE_LRU_PERCPU_HASH: an LRU hash of which every CPU slot has its own values. */
#include "base/err.h"
#include "btf/record.h"
#include "map/htab.h"

static int lru_percpu_hash_check_attr(const struct map_attr *a)
{
	TRY(lru_check_attr(a));
	return a->value_size > PERCPU_MAX_VALUE ? -E2BIG : 0;
}

static int lru_percpu_hash_init(struct skep_map *m, const struct map_attr *a)
{
	return lru_init(m, true);
}

const struct skep_map_type map_lru_percpu_hash = {
	.type = BPF_MAP_TYPE_LRU_PERCPU_HASH,
	.name = "lru_percpu_hash",
	.kernel_struct = "bpf_htab",
	.describe = htab_describe,
	.fields = FIELD_KPTRS | FIELD_REFCOUNT,
	.flags = HTAB_FLAGS | BPF_F_NUMA_NODE | BPF_F_NO_PREALLOC | BPF_F_NO_COMMON_LRU,
	.per_cpu = true,
	.check_attr = lru_percpu_hash_check_attr,
	.init = lru_percpu_hash_init,
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
