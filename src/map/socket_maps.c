/* Maps of sockets: SOCKMAP, SOCKHASH, REUSEPORT_SOCKARRAY and XSKMAP. They exist with Linux's attributes
 * and rules, and stay empty: a socket is the system's kernel's, its data does not pass through here.
 * Putting one in is refused as Linux refuses what is no such socket (-ENOTSOCK). */
#include <string.h>

#include "base/err.h"
#include "map/map.h"

#define KEY_MAX 512 /* MAX_BPF_STACK: programs build keys there */

static int index_check_attr(const struct map_attr *a)
{
	if (!a->max_entries || a->key_size != 4 || (a->value_size != 4 && a->value_size != 8))
		return fail(-EINVAL, "map of sockets: key size %u (must be 4), value size %u",
			    a->key_size, a->value_size);
	return 0;
}

static int sockhash_check_attr(const struct map_attr *a)
{
	if (!a->max_entries || !a->key_size || (a->value_size != 4 && a->value_size != 8))
		return fail(-EINVAL, "sockhash: key size %u, value size %u (4 or 8)", a->key_size,
			    a->value_size);
	return a->key_size > KEY_MAX ? -E2BIG : 0;
}

static int xskmap_check_attr(const struct map_attr *a)
{
	return a->value_size == 4 ? index_check_attr(a) : -EINVAL;
}

static int sock_init(struct skep_map *m, const struct map_attr *a)
{
	return 0;
}

static void sock_done(struct skep_map *m)
{
}

static void *sock_lookup(struct skep_map *m, const void *key, struct skep_run *run)
{
	return NULL;
}

/* From bpf(2): a socket's cookie, which needs 8 bytes. */
static int sock_sys_lookup(struct skep_map *m, const void *key, void *value, u64 flags)
{
	return m->value_size == 8 ? -ENOENT : -ENOSPC;
}

static int xskmap_sys_lookup(struct skep_map *m, const void *key, void *value, u64 flags)
{
	return -EOPNOTSUPP;
}

static int sock_update(struct skep_map *m, const void *key, const void *value, u64 flags,
		       struct skep_run *run)
{
	if (run)
		return -EOPNOTSUPP;
	return fail(-ENOTSOCK, "map of sockets: sockets of the system are not taken");
}

static int sock_indexed_update(struct skep_map *m, const void *key, const void *value, u64 flags,
			       struct skep_run *run)
{
	if (flags > BPF_EXIST)
		return -EINVAL;
	return index_of_key(key) >= m->max_entries ? -E2BIG
						   : sock_update(m, key, value, flags, run);
}

static int sockmap_remove(struct skep_map *m, const void *key, struct skep_run *run)
{
	return -EINVAL;
}

static int sockhash_remove(struct skep_map *m, const void *key, struct skep_run *run)
{
	return -ENOENT;
}

static int reuseport_remove(struct skep_map *m, const void *key, struct skep_run *run)
{
	return index_of_key(key) >= m->max_entries ? -E2BIG : -ENOENT;
}

static int xskmap_remove(struct skep_map *m, const void *key, struct skep_run *run)
{
	return index_of_key(key) >= m->max_entries ? -EINVAL : 0;
}

static int no_next_key(struct skep_map *m, const void *key, void *next)
{
	return -ENOENT;
}

static bool has_no_target(struct skep_map *m, u32 key)
{
	return false;
}

static const u32 sockmap_helpers[] = {
	BPF_FUNC_sk_redirect_map,     BPF_FUNC_sock_map_update,
	BPF_FUNC_map_delete_elem,     BPF_FUNC_msg_redirect_map,
	BPF_FUNC_map_lookup_elem,     BPF_FUNC_map_update_elem,
	BPF_FUNC_sk_select_reuseport, 0,
};
static const u32 sockhash_helpers[] = {
	BPF_FUNC_sk_redirect_hash,    BPF_FUNC_sock_hash_update,
	BPF_FUNC_map_delete_elem,     BPF_FUNC_msg_redirect_hash,
	BPF_FUNC_map_lookup_elem,     BPF_FUNC_map_update_elem,
	BPF_FUNC_sk_select_reuseport, 0,
};
static const u32 reuseport_helpers[] = { BPF_FUNC_sk_select_reuseport, 0 };
static const u32 xskmap_helpers[] = { BPF_FUNC_redirect_map, BPF_FUNC_map_lookup_elem, 0 };

#define SOCK_FLAGS (BPF_F_NUMA_NODE | BPF_F_RDONLY | BPF_F_WRONLY)

const struct skep_map_type map_sockmap = {
	.type = BPF_MAP_TYPE_SOCKMAP,
	.name = "sockmap",
	.kernel_struct = "bpf_stab",
	.flags = SOCK_FLAGS,
	.no_btf = true,
	.helpers = sockmap_helpers,
	.check_attr = index_check_attr,
	.init = sock_init,
	.done = sock_done,
	.lookup = sock_lookup,
	.update = sock_update,
	.remove = sockmap_remove,
	.next_key = index_next_key,
	.sys_lookup = sock_sys_lookup,
};

const struct skep_map_type map_sockhash = {
	.type = BPF_MAP_TYPE_SOCKHASH,
	.name = "sockhash",
	.kernel_struct = "bpf_shtab",
	.flags = SOCK_FLAGS,
	.no_btf = true,
	.helpers = sockhash_helpers,
	.check_attr = sockhash_check_attr,
	.init = sock_init,
	.done = sock_done,
	.lookup = sock_lookup,
	.update = sock_update,
	.remove = sockhash_remove,
	.next_key = no_next_key,
	.sys_lookup = sock_sys_lookup,
};

const struct skep_map_type map_reuseport_sockarray = {
	.type = BPF_MAP_TYPE_REUSEPORT_SOCKARRAY,
	.name = "reuseport_sockarray",
	.kernel_struct = "reuseport_array",
	.flags = SOCK_FLAGS | BPF_F_RDONLY_PROG | BPF_F_WRONLY_PROG,
	.helpers = reuseport_helpers,
	.check_attr = index_check_attr,
	.init = sock_init,
	.done = sock_done,
	.lookup = sock_lookup,
	.update = sock_indexed_update,
	.remove = reuseport_remove,
	.next_key = index_next_key,
	.sys_lookup = sock_sys_lookup,
};

const struct skep_map_type map_xskmap = {
	.type = BPF_MAP_TYPE_XSKMAP,
	.name = "xskmap",
	.kernel_struct = "xsk_map",
	.flags = SOCK_FLAGS,
	.no_btf = true,
	.helpers = xskmap_helpers,
	.check_attr = xskmap_check_attr,
	.init = sock_init,
	.done = sock_done,
	.lookup = sock_lookup,
	.update = sock_indexed_update,
	.remove = xskmap_remove,
	.next_key = index_next_key,
	.sys_lookup = xskmap_sys_lookup,
	.has_target = has_no_target,
};
