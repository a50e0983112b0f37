/* BPF_MAP_TYPE_SK_STORAGE, INODE_STORAGE, TASK_STORAGE, CGRP_STORAGE: a value per socket, inode …, that goes away with
 * it (owner.h). For bpf(2) a key is a descriptor of the owner, which the syscall layer turns into the owner's number;
 * programs pass a pointer to it.
 *
 * The values lie in a hash table by owner. Linux bounds them by memory only, we by STORAGE_MEMORY of address space. */
#include "map/local_storage.h"

#include <stdlib.h>

#include "abi/abi.h"
#include "btf/record.h"
#include "map/htab.h"

#define VALUE_MAX      65407 /* measured: 65535 less what Linux puts in front */
#define STORAGE_MEMORY (1ull << 30)
#define STORAGE_OWNERS 65536u

struct storage {
	struct skep_map *table; /* owner's number → value; shares the map's record */
};

static const char zeros[VALUE_MAX + 1];

static int storage_check_attr(const struct map_attr *a)
{
	if (!(a->flags & BPF_F_NO_PREALLOC) || a->max_entries || a->key_size != sizeof(u32) ||
	    !a->value_size || !a->btf_key_id || !a->btf_value_id)
		return fail(-EINVAL,
			    "local storage: a key of %u bytes (4), values of %u, %u entries (0), "
			    "flags 0x%x (BPF_F_NO_PREALLOC); key and value need BTF",
			    a->key_size, a->value_size, a->max_entries, a->flags);
	return a->value_size > VALUE_MAX ? -E2BIG : 0;
}

static int storage_init(struct skep_map *m, const struct map_attr *a)
{
	u64 room = STORAGE_MEMORY / (m->value_stride + sizeof(struct elem) + sizeof(u64));
	struct map_attr table = { .type = BPF_MAP_TYPE_HASH,
				  .key_size = sizeof(u64),
				  .value_size = a->value_size,
				  .max_entries = (u32)MIN(room, (u64)STORAGE_OWNERS) };
	struct storage *s = calloc(1, sizeof(*s));

	if (!s)
		return -ENOMEM;
	m->priv = s;
	TRY(map_new(m->rt, &table, &s->table));
	s->table->record = m->record;
	s->table->spin_lock_off = m->spin_lock_off;
	return owner_watch(m, m->type->owner);
}

static void storage_done(struct skep_map *m)
{
	struct storage *s = m->priv;

	if (!s)
		return;
	owner_unwatch(m, m->type->owner);
	if (s->table)
		s->table->record = NULL;
	map_unref(s->table);
	free(s);
}

static struct skep_map *table_of(const struct skep_map *m)
{
	const struct storage *s = m->priv;

	return s->table;
}

static void storage_each_value(struct skep_map *m, void (*fn)(struct skep_map *m, void *value))
{
	if (m->priv && table_of(m))
		htab_each_value(table_of(m), fn);
}

static void *storage_lookup(struct skep_map *m, const void *key, struct skep_run *run)
{
	return htab_lookup(table_of(m), key, run);
}

static int storage_sys_lookup(struct skep_map *m, const void *key, void *value, u64 flags)
{
	return htab_sys_lookup(table_of(m), key, value, flags);
}

static int storage_update(struct skep_map *m, const void *key, const void *value, u64 flags,
			  struct skep_run *run)
{
	int err = htab_update(table_of(m), key, value, flags, run);

	return err == -E2BIG ? -ENOMEM : err;
}

static int storage_remove(struct skep_map *m, const void *key, struct skep_run *run)
{
	return htab_remove(table_of(m), key, run);
}

static u64 storage_memory(const struct skep_map *m)
{
	return sizeof(struct storage) + map_memory(table_of(m));
}

/* --- programs --- */

void *storage_get(struct skep_map *m, u64 owner, const void *init, u64 flags, struct skep_run *run)
{
	void *value;

	if (flags & ~(u64)BPF_LOCAL_STORAGE_GET_F_CREATE)
		return NULL;
	value = storage_lookup(m, &owner, run);
	if (value || !(flags & BPF_LOCAL_STORAGE_GET_F_CREATE))
		return value;
	/* -EEXIST: somebody else was faster, and theirs it is. */
	storage_update(m, &owner, init ?: zeros, BPF_NOEXIST, run);
	return storage_lookup(m, &owner, run);
}

int storage_delete(struct skep_map *m, u64 owner, struct skep_run *run)
{
	return storage_remove(m, &owner, run);
}

void map_storage_forget(struct skep_map *m, u64 owner)
{
	storage_remove(m, &owner, NULL);
}

/* --- types --- */

static const u32 sk_helpers[] = { BPF_FUNC_sk_storage_get, BPF_FUNC_sk_storage_delete, 0 };
static const u32 inode_helpers[] = { BPF_FUNC_inode_storage_get, BPF_FUNC_inode_storage_delete, 0 };
static const u32 task_helpers[] = { BPF_FUNC_task_storage_get, BPF_FUNC_task_storage_delete, 0 };
static const u32 cgrp_helpers[] = { BPF_FUNC_cgrp_storage_get, BPF_FUNC_cgrp_storage_delete, 0 };

#define STORAGE_FIELDS (FIELD_LOCKS | FIELD_KPTRS | FIELD_REFCOUNT)
#define STORAGE(number, word, whose, more_fields, list)                                            \
	{                                                                                          \
		.type = (number), .name = (word), .kernel_struct = "bpf_local_storage_map",        \
		.flags = BPF_F_NO_PREALLOC | BPF_F_CLONE,                                          \
		.fields = STORAGE_FIELDS | (more_fields), .helpers = (list), .owner = (whose),     \
		.check_attr = storage_check_attr, .init = storage_init, .done = storage_done,      \
		.each_value = storage_each_value, .lookup = storage_lookup,                        \
		.update = storage_update, .remove = storage_remove,                                \
		.sys_lookup = storage_sys_lookup, .memory = storage_memory,                        \
	}

const struct skep_map_type map_sk_storage =
	STORAGE(BPF_MAP_TYPE_SK_STORAGE, "sk_storage", OWNER_SOCK, 0, sk_helpers);
const struct skep_map_type map_inode_storage =
	STORAGE(BPF_MAP_TYPE_INODE_STORAGE, "inode_storage", OWNER_INODE, 0, inode_helpers);
const struct skep_map_type map_task_storage =
	STORAGE(BPF_MAP_TYPE_TASK_STORAGE, "task_storage", OWNER_TASK, FIELD_UPTR, task_helpers);
const struct skep_map_type map_cgrp_storage =
	STORAGE(BPF_MAP_TYPE_CGRP_STORAGE, "cgrp_storage", OWNER_CGROUP, 0, cgrp_helpers);
