/* BPF_MAP_TYPE_LRU_HASH: a hash that makes room by forgetting a key that was not used lately
 * (htab_lru.c), so that inserting never fails. BPF_F_NO_COMMON_LRU asks for one order of use per CPU,
 * to save contention: our order has none to save, so that flag only rounds max_entries as in Linux. */
#include "base/err.h"
#include "btf/record.h"
#include "map/htab.h"

int lru_check_attr(const struct map_attr *a)
{
	if (a->flags & BPF_F_NO_PREALLOC)
		return fail(-ENOTSUPP, "LRU maps have no BPF_F_NO_PREALLOC");
	return htab_check_attr(a);
}

int lru_init(struct skep_map *m, bool per_cpu)
{
	u32 n = m->rt->nr_cpus;

	if (m->flags & BPF_F_NO_COMMON_LRU)
		m->max_entries = (m->max_entries + n - 1) / n * n;
	return htab_init(m, true, per_cpu);
}

static int lru_hash_init(struct skep_map *m, const struct map_attr *a)
{
	return lru_init(m, false);
}

const struct skep_map_type map_lru_hash = {
	.type = BPF_MAP_TYPE_LRU_HASH,
	.name = "lru_hash",
	.kernel_struct = "bpf_htab",
	.describe = htab_describe,
	.flags = HTAB_FLAGS | BPF_F_NUMA_NODE | BPF_F_NO_PREALLOC | BPF_F_NO_COMMON_LRU,
	.fields = FIELD_ASYNC | FIELD_KPTRS | FIELD_ROOTS | FIELD_REFCOUNT,
	.check_attr = lru_check_attr,
	.init = lru_hash_init,
	.done = htab_done,
	.each_value = htab_each_value,
	.values = htab_values,
	.lookup = htab_lru_lookup,
	.update = htab_update,
	.remove = htab_remove,
	.next_key = htab_next_key,
	.sys_lookup = htab_sys_lookup,
	.sys_lookup_remove = htab_sys_lookup_remove,
	.batches = HTAB_BATCHES,
	.bucket = htab_bucket_batch,
	.for_each = htab_for_each,
	.key_of = htab_key_of,
	.memory = htab_memory,
};
