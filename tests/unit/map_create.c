/* BPF_MAP_CREATE, every type: what comes of each pair of deviations from attributes that are right, on skep and on the
 * kernel. Some twenty thousand calls, so what a type refuses first is compared, too. */
#include "storage.h"

struct attrs {
	u32 type, key, value, entries, flags;
	u64 extra;
	u32 btf; /* index in btf_kinds */
};

static const u32 keys[] = { 0, 1, 4, 5, 8, 16, 512, 513 };
static const u32 values[] = { 0, 1, 4, 8, 12, 16, 40, 4096, 65408 };
static const u32 entries[] = { 0, 1, 2, 3, 64, 4096, 8192, 12288 };
static const u64 extras[] = { 0, 1, 4, 15, 16, 1ull << 32, 1ull << 63 };

static const struct btf_kind {
	const char *what;
	bool fd, bad_fd;
	u32 key, value;
} btf_kinds[] = {
	{ .what = "no BTF" },
	{ "int and long", true, false, STORAGE_INT, STORAGE_LONG },
	{ "int and a lock", true, false, STORAGE_INT, STORAGE_LOCKED },
	{ "int and int", true, false, STORAGE_INT, STORAGE_INT },
	{ "structure and long", true, false, STORAGE_STRUCT, STORAGE_LONG },
	{ "typedef and long", true, false, STORAGE_TYPEDEF, STORAGE_LONG },
	{ "only a value", true, false, 0, STORAGE_LONG },
	{ "only a key", true, false, STORAGE_INT, 0 },
	{ "types that are not there", true, false, 99, 99 },
	{ "a descriptor alone", true, false, 0, 0 },
	{ "types without a descriptor", false, true, STORAGE_INT, STORAGE_LONG },
};

enum dimension { KEY, VALUE, ENTRIES, FLAGS, EXTRA, BTF, DIMENSIONS };
#define FLAG_BITS 16 /* bit 16 names a token, which is looked at elsewhere */

static const u32 counts[DIMENSIONS] = {
	ARRAY_SIZE(keys),    ARRAY_SIZE(values),
	ARRAY_SIZE(entries), FLAG_BITS + 1, /* none, then each */
	ARRAY_SIZE(extras),  ARRAY_SIZE(btf_kinds),
};

/* What each type is created with. */
static struct attrs right(u32 type)
{
	struct attrs a = { type, 4, 8, 4, 0, 0, 0 };

	switch (type) {
	case BPF_MAP_TYPE_PROG_ARRAY:
	case BPF_MAP_TYPE_PERF_EVENT_ARRAY:
	case BPF_MAP_TYPE_CGROUP_ARRAY:
	case BPF_MAP_TYPE_ARRAY_OF_MAPS:
	case BPF_MAP_TYPE_HASH_OF_MAPS:
	case BPF_MAP_TYPE_XSKMAP:
	case BPF_MAP_TYPE_SOCKMAP:
	case BPF_MAP_TYPE_SOCKHASH: a.value = 4; break;
	case BPF_MAP_TYPE_QUEUE:
	case BPF_MAP_TYPE_STACK:
	case BPF_MAP_TYPE_BLOOM_FILTER: a.key = 0; break;
	case BPF_MAP_TYPE_RINGBUF:
	case BPF_MAP_TYPE_USER_RINGBUF: a.key = a.value = 0, a.entries = 4096; break;
	case BPF_MAP_TYPE_LPM_TRIE: a.key = 8, a.flags = BPF_F_NO_PREALLOC; break;
	case BPF_MAP_TYPE_CGROUP_STORAGE:
	case BPF_MAP_TYPE_PERCPU_CGROUP_STORAGE: a.key = 16, a.entries = 0; break;
	case BPF_MAP_TYPE_SK_STORAGE:
	case BPF_MAP_TYPE_INODE_STORAGE:
	case BPF_MAP_TYPE_TASK_STORAGE:
	case BPF_MAP_TYPE_CGRP_STORAGE:
		a.entries = 0, a.flags = BPF_F_NO_PREALLOC, a.btf = 1;
		break;
	default: break;
	}
	return a;
}

static void deviate(struct attrs *a, enum dimension d, u32 n)
{
	switch (d) {
	case KEY: a->key = keys[n]; break;
	case VALUE: a->value = values[n]; break;
	case ENTRIES: a->entries = entries[n]; break;
	case FLAGS: a->flags = n ? a->flags ^ 1u << (n - 1) : 0; break;
	case EXTRA: a->extra = extras[n]; break;
	default: a->btf = n; break;
	}
}

struct fds {
	int btf, inner;
};

static void create(struct side *s, const struct attrs *w, const struct fds *f)
{
	const struct btf_kind *b = &btf_kinds[w->btf];
	struct attr_map_create a = { w->type, w->key, w->value, w->entries, w->flags };
	long fd;

	a.inner_map_fd = (u32)f->inner;
	a.map_extra = w->extra;
	a.btf_fd = (u32)(b->fd ? f->btf : b->bad_fd ? 9999 : 0);
	a.btf_key_type_id = b->key;
	a.btf_value_type_id = b->value;
	fd = side_bpf(s, BPF_MAP_CREATE, &a, sizeof(a));
	SAY(s, "type %u key %u value %u entries %u flags 0x%x extra 0x%llx, %s: %ld\n", w->type,
	    w->key, w->value, w->entries, w->flags, (unsigned long long)w->extra, b->what,
	    fd < 0 ? fd : 0);
	if (fd >= 0)
		close((int)fd);
}

static void pairs(struct side *s, u32 type, const struct fds *f)
{
	for (u32 d = 0; d < DIMENSIONS; d++)
		for (u32 e = d + 1; e < DIMENSIONS; e++)
			for (u32 i = 0; i < counts[d]; i++)
				for (u32 j = 0; j < counts[e]; j++) {
					struct attrs a = right(type);

					deviate(&a, d, i);
					deviate(&a, e, j);
					create(s, &a, f);
				}
}

static u32 first, last;

static void types(struct side *s)
{
	struct fds f = { side_btf(s), side_map(s, BPF_MAP_TYPE_ARRAY, 4, 8, 1, 0) };

	for (u32 type = first; type <= last; type++)
		if (type != BPF_MAP_TYPE_STRUCT_OPS) /* the kernel's BTF: syscall_struct_ops.c */
			pairs(s, type, &f);
	close(f.btf);
	close(f.inner);
}

#define TYPES(from, to)                                                                            \
	TEST("types " #from " to " #to " are created and refused as on Linux")                     \
	{                                                                                          \
		first = (from);                                                                    \
		last = (to);                                                                       \
		run_both(types);                                                                   \
	}

TYPES(0, 3)
TYPES(4, 7)
TYPES(8, 11)
TYPES(12, 15)
TYPES(16, 19)
TYPES(20, 23)
TYPES(24, 28)
TYPES(29, 32)
TYPES(34, 40) /* 33, arenas, are their own matter */
