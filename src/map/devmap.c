/* BPF_MAP_TYPE_DEVMAP and DEVMAP_HASH: network devices that XDP programs redirect packets to, by index or
 * by any number. A value is struct bpf_devmap_val, or its ifindex alone; programs may only read it.
 *
 * Whoever sends a redirected packet looks the device up by its ifindex again: a device that has gone
 * since is found missing then. Programs in entries are not run yet, so none is accepted. */
#include <net/if.h>
#include <string.h>

#include "map/array.h"
#include "map/htab.h"

#define DEV_FLAGS (BPF_F_NUMA_NODE | BPF_F_RDONLY | BPF_F_WRONLY)

static int devmap_check_attr(const struct map_attr *a)
{
	if (!a->max_entries || a->key_size != 4 || (a->value_size != 4 && a->value_size != 8))
		return fail(-EINVAL, "devmap: key size %u (must be 4), value size %u (4 or 8)",
			    a->key_size, a->value_size);
	return 0;
}

static int devmap_init(struct skep_map *m, const struct map_attr *a)
{
	return segment_new(m->rt->va, (u64)m->max_entries * m->value_stride, "bpf-map", &m->seg);
}

static void devmap_done(struct skep_map *m)
{
}

static u32 *entry(const struct skep_map *m, u32 i)
{
	return (u32 *)((char *)m->seg.base + (u64)i * m->value_stride);
}

/* An entry without a device is none. */
static void *devmap_lookup(struct skep_map *m, const void *key, struct skep_run *run)
{
	u32 i = index_of_key(key);

	return i < m->max_entries && *entry(m, i) ? entry(m, i) : NULL;
}

static bool devmap_has_target(struct skep_map *m, u32 key)
{
	return devmap_lookup(m, &key, NULL) != NULL;
}

/* The value as it is kept, with the number of no program behind the device's. */
static int read_value(const struct skep_map *m, const void *value, u32 out[2])
{
	char name[IF_NAMESIZE];
	s32 prog = 0;

	memcpy(&out[0], value, sizeof(u32));
	out[1] = 0;
	if (m->value_size == 8)
		memcpy(&prog, (const char *)value + 4, sizeof(prog));
	if (prog > 0)
		return fail(-EINVAL, "devmap: programs in entries are not supported");
	if (out[0] && !if_indextoname(out[0], name))
		return fail(-EINVAL, "devmap: there is no interface %u", out[0]);
	return 0;
}

static int devmap_update(struct skep_map *m, const void *key, const void *value, u64 flags,
			 struct skep_run *run)
{
	u32 v[2];

	if (flags > BPF_EXIST)
		return -EINVAL;
	if (index_of_key(key) >= m->max_entries)
		return -E2BIG;
	if (flags == BPF_NOEXIST)
		return -EEXIST;
	TRY(read_value(m, value, v));
	memcpy(entry(m, index_of_key(key)), v, m->value_size);
	return 0;
}

static int devmap_remove(struct skep_map *m, const void *key, struct skep_run *run)
{
	if (index_of_key(key) >= m->max_entries)
		return -EINVAL;
	memset(entry(m, index_of_key(key)), 0, m->value_size);
	return 0;
}

static const u32 devmap_helpers[] = { BPF_FUNC_redirect_map, BPF_FUNC_map_lookup_elem, 0 };

const struct skep_map_type map_devmap = {
	.type = BPF_MAP_TYPE_DEVMAP,
	.name = "devmap",
	.kernel_struct = "bpf_dtab",
	.flags = DEV_FLAGS,
	.own_flags = BPF_F_RDONLY_PROG, /* as Linux shows it */
	.no_btf = true,
	.helpers = devmap_helpers,
	.check_attr = devmap_check_attr,
	.init = devmap_init,
	.done = devmap_done,
	.lookup = devmap_lookup,
	.update = devmap_update,
	.remove = devmap_remove,
	.next_key = index_next_key,
	.has_target = devmap_has_target,
};

/* --- by any number --- */

static int devmap_hash_init(struct skep_map *m, const struct map_attr *a)
{
	return htab_init(m, false, false);
}

static int devmap_hash_update(struct skep_map *m, const void *key, const void *value, u64 flags,
			      struct skep_run *run)
{
	u32 v[2];

	if (flags > BPF_EXIST)
		return -EINVAL;
	memcpy(&v[0], value, sizeof(u32));
	if (!v[0]) /* only arrays have entries without a device */
		return fail(-EINVAL, "devmap_hash: interface 0");
	TRY(read_value(m, value, v));
	return htab_update(m, key, v, flags == BPF_EXIST ? BPF_ANY : flags, run);
}

static bool devmap_hash_has_target(struct skep_map *m, u32 key)
{
	return htab_lookup(m, &key, NULL) != NULL;
}

const struct skep_map_type map_devmap_hash = {
	.type = BPF_MAP_TYPE_DEVMAP_HASH,
	.name = "devmap_hash",
	.kernel_struct = "bpf_dtab",
	.flags = DEV_FLAGS,
	.own_flags = BPF_F_RDONLY_PROG, /* as Linux shows it */
	.no_btf = true,
	.helpers = devmap_helpers,
	.check_attr = devmap_check_attr,
	.init = devmap_hash_init,
	.done = htab_done,
	.lookup = htab_lookup,
	.update = devmap_hash_update,
	.remove = htab_remove,
	.next_key = htab_next_key,
	.memory = htab_memory,
	.has_target = devmap_hash_has_target,
};
