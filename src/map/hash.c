/* BPF_MAP_TYPE_HASH: max_entries keys of any size (htab.h). BPF_F_NO_PREALLOC changes nothing: memory is
 * committed when first used, either way. */
#include "map/htab.h"
#include "btf/record.h"

static int hash_init(struct skep_map *m, const struct map_attr *a)
{
	return htab_init(m, false, false);
}

const struct skep_map_type map_hash = {
	.type = BPF_MAP_TYPE_HASH,
	.name = "hash",
	.kernel_struct = "bpf_htab",
	.describe = htab_describe,
	.flags = HTAB_FLAGS | BPF_F_NUMA_NODE | BPF_F_NO_PREALLOC,
	.fields = FIELD_LOCKS | FIELD_ASYNC | FIELD_KPTRS | FIELD_ROOTS | FIELD_REFCOUNT,
	.check_attr = htab_check_attr,
	.init = hash_init,
	.done = htab_done,
	.each_value = htab_each_value,
	.values = htab_values,
	.lookup = htab_lookup,
	.lookup_for = htab_lookup_for,
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
