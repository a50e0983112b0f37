/* Creation and bpf(2)'s element commands: Linux's errnos and values, for every type. Each row goes to
 * the kernel too, where it answers. */
#include "maps.h"

#include "abi/abi.h"

#define ALL_FLAG_BITS 16 /* bit 16, BPF_F_TOKEN_FD, is the syscall layer's */

struct kind {
	u32 type, key, value;
};
static const struct kind kinds[] = {
	{ BPF_MAP_TYPE_HASH, 4, 8 },	    { BPF_MAP_TYPE_ARRAY, 4, 8 },
	{ BPF_MAP_TYPE_PROG_ARRAY, 4, 4 },  { BPF_MAP_TYPE_PERF_EVENT_ARRAY, 4, 4 },
	{ BPF_MAP_TYPE_PERCPU_HASH, 4, 8 }, { BPF_MAP_TYPE_PERCPU_ARRAY, 4, 8 },
	{ BPF_MAP_TYPE_LRU_HASH, 4, 8 },    { BPF_MAP_TYPE_LRU_PERCPU_HASH, 4, 8 },
	{ BPF_MAP_TYPE_RINGBUF, 0, 0 },
};

/* Created with the same attributes; what they hold is not made by values. */
static const struct kind created[] = {
	{ BPF_MAP_TYPE_STACK_TRACE, 4, 8 },
	{ BPF_MAP_TYPE_CGROUP_ARRAY, 4, 4 },
	{ BPF_MAP_TYPE_DEVMAP, 4, 8 },
	{ BPF_MAP_TYPE_DEVMAP_HASH, 4, 8 },
	{ BPF_MAP_TYPE_CPUMAP, 4, 8 },
	{ BPF_MAP_TYPE_XSKMAP, 4, 4 },
	{ BPF_MAP_TYPE_SOCKMAP, 4, 4 },
	{ BPF_MAP_TYPE_SOCKHASH, 4, 4 },
	{ BPF_MAP_TYPE_REUSEPORT_SOCKARRAY, 4, 8 },
	{ BPF_MAP_TYPE_CGROUP_STORAGE, 8, 8 },
	{ BPF_MAP_TYPE_PERCPU_CGROUP_STORAGE, 16, 8 },
};

static struct kind kind_at(u32 k)
{
	return k < ARRAY_SIZE(kinds) ? kinds[k] : created[k - ARRAY_SIZE(kinds)];
}
#define NR_KINDS (ARRAY_SIZE(kinds) + ARRAY_SIZE(created))

static u32 entries_of(u32 type)
{
	switch (type) {
	case BPF_MAP_TYPE_CGROUP_STORAGE:
	case BPF_MAP_TYPE_PERCPU_CGROUP_STORAGE: return 0;
	case BPF_MAP_TYPE_CPUMAP: return 64;
	default: return 4096;
	}
}

static bool is_lru(u32 type)
{
	return type == BPF_MAP_TYPE_LRU_HASH || type == BPF_MAP_TYPE_LRU_PERCPU_HASH;
}

/* Too many for an LRU map to forget any while six keys are used. */
static u32 few_entries(u32 type)
{
	return is_lru(type) ? 256 : 4;
}

static void try(const struct map_attr *a)
{
	struct pair p;

	pair_new(&p, a);
	pair_close(&p);
}

TEST("creation accepts and refuses every flag as Linux does")
{
	for (u32 k = 0; k < NR_KINDS; k++)
		for (u32 i = 0; i < ALL_FLAG_BITS; i++)
			for (u32 j = i; j < ALL_FLAG_BITS; j++) {
				struct map_attr a =
					attr_of(kind_at(k).type, kind_at(k).key, kind_at(k).value,
						entries_of(kind_at(k).type), 1u << i | 1u << j);

				try(&a);
			}
}

TEST("creation accepts and refuses sizes as Linux does")
{
	static const u32 sizes[] = { 0,		 1,	    2,	      3,	4,
				     5,		 8,	    512,      513,	0x7ff8,
				     0x8000,	 0x8001,    0x10000,  0x3fffc0, 0x3fffcb,
				     0x3fffcc,	 0x3fffcd,  0x3fffe0, 0x400000, 0x80000000,
				     0xfffffff8, 0xffffffff };
	static const u32 counts[] = { 0, 1, 3, 4096, 8192, 12288 };

	for (u32 k = 0; k < NR_KINDS; k++)
		for (u32 i = 0; i < ARRAY_SIZE(sizes); i++) {
			struct map_attr a =
				attr_of(kind_at(k).type, kind_at(k).key, sizes[i], 1, 0);

			try(&a);
			a.max_entries = 0;
			try(&a);
			a = attr_of(kind_at(k).type, sizes[i], kind_at(k).value, 1, 0);
			try(&a);
			a = attr_of(kind_at(k).type, sizes[i], sizes[i], 1, BPF_F_NO_PREALLOC);
			try(&a);
		}
	for (u32 k = 0; k < NR_KINDS; k++)
		for (u32 i = 0; i < ARRAY_SIZE(counts); i++) {
			struct map_attr a = attr_of(kind_at(k).type, kind_at(k).key,
						    kind_at(k).value, counts[i], 0);

			try(&a);
		}
	for (u64 n = 1u << 27; n <= 0xffffffff; n = n * 2 + 1) {
		struct map_attr a = attr_of(BPF_MAP_TYPE_HASH, 4, 4, n + 1, BPF_F_NO_PREALLOC);

		try(&a);
	}
}

TEST("creation knows the NUMA nodes, and no map_extra")
{
	static const u32 nodes[] = { 0, 1, 9999, 0xffffffff };

	for (u32 k = 0; k < NR_KINDS; k++) {
		struct map_attr a = attr_of(kind_at(k).type, kind_at(k).key, kind_at(k).value,
					    entries_of(kind_at(k).type), 0);

		for (u32 i = 0; i < ARRAY_SIZE(nodes); i++) {
			a.flags = BPF_F_NUMA_NODE;
			a.numa_node = nodes[i];
			try(&a);
			a.flags = 0;
			try(&a);
		}
		a.numa_node = 0;
		a.extra = 1;
		try(&a);
	}
}

static const int commands[] = { BPF_MAP_LOOKUP_ELEM, BPF_MAP_UPDATE_ELEM,
				BPF_MAP_LOOKUP_AND_DELETE_ELEM };

TEST("flags of element commands are refused as Linux refuses them")
{
	static const u64 flags[] = { 0, 1, 2, 3, 4, 5, 6, 7, 8, 16, 1ull << 32 };

	for (u32 k = 0; k < ARRAY_SIZE(kinds); k++) {
		struct map_attr a = attr_of(kinds[k].type, kinds[k].key, kinds[k].value,
					    few_entries(kinds[k].type), 0);
		struct pair p;

		if (!map_type_find(kinds[k].type)->update &&
		    !map_type_find(kinds[k].type)->sys_update)
			continue; /* nothing to store without a file descriptor */
		REQUIRE(!pair_new(&p, &a));
		for (u32 i = 0; i < ARRAY_SIZE(flags); i++)
			for (u32 c = 0; c < ARRAY_SIZE(commands); c++)
				for (u32 key = 0; key < 6; key++) {
					u8 value[MAX_BYTES] = { 1, 2, 3, key };

					pair_op(&p, commands[c], &key, value, flags[i]);
				}
		pair_close(&p);
	}
}

/* Look up, delete and step through what nothing was put into; update with values that mean nothing. */
TEST("maps of devices, CPUs, sockets, stacks and cgroups answer as Linux does when empty")
{
	for (u32 k = 0; k < ARRAY_SIZE(created); k++) {
		struct map_attr a = attr_of(created[k].type, created[k].key, created[k].value,
					    MIN(entries_of(created[k].type), 4u), 0);
		struct pair p;

		REQUIRE(!pair_new(&p, &a));
		for (u32 i = 0; i < 6; i++) {
			u8 key[16] = { (u8)i }, value[16] = { 0 };

			pair_op(&p, BPF_MAP_LOOKUP_ELEM, key, value, 0);
			pair_op(&p, BPF_MAP_LOOKUP_ELEM, key, value, 1);
			pair_op(&p, BPF_MAP_DELETE_ELEM, key, NULL, 0);
			pair_op(&p, BPF_MAP_LOOKUP_AND_DELETE_ELEM, key, value, 0);
			pair_op(&p, BPF_MAP_GET_NEXT_KEY, key, value, 0);
			pair_op(&p, BPF_MAP_UPDATE_ELEM, key, value, 8);
		}
		pair_close(&p);
	}
}

TEST("device maps keep what exists, CPU maps what is possible")
{
	static const u32 types[] = { BPF_MAP_TYPE_DEVMAP, BPF_MAP_TYPE_DEVMAP_HASH,
				     BPF_MAP_TYPE_CPUMAP };
	static const u32 values[] = { 0, 1, 64, 20000, 99999 };

	for (u32 k = 0; k < ARRAY_SIZE(types); k++) {
		struct map_attr a = attr_of(types[k], 4, 8, 4, 0);
		struct pair p;

		REQUIRE(!pair_new(&p, &a));
		for (u32 i = 0; i < ARRAY_SIZE(values); i++)
			for (u32 flags = 0; flags < 4; flags++)
				for (u32 key = 0; key < 6; key += key == 0 ? 4 : 1) {
					u32 value[2] = { values[i], 0 }, next[2];

					pair_op(&p, BPF_MAP_UPDATE_ELEM, &key, value, flags);
					pair_op(&p, BPF_MAP_LOOKUP_ELEM, &key, value, 0);
					if (types[k] !=
					    BPF_MAP_TYPE_DEVMAP_HASH) /* its order is its own */
						pair_op(&p, BPF_MAP_GET_NEXT_KEY, &key, next, 0);
					if (flags == 2)
						pair_op(&p, BPF_MAP_DELETE_ELEM, &key, NULL, 0);
				}
		pair_close(&p);
	}
}

TEST("types that hold objects answer as Linux does when empty")
{
	for (u32 k = 0; k < ARRAY_SIZE(kinds); k++) {
		struct map_attr a = attr_of(kinds[k].type, kinds[k].key, kinds[k].value, 4, 0);
		struct pair p;

		if (map_type_find(kinds[k].type)->holds == OBJECT_NONE)
			continue;
		REQUIRE(!pair_new(&p, &a));
		for (u32 key = 0; key < 6; key++) {
			u32 value = 0;

			pair_op(&p, BPF_MAP_LOOKUP_ELEM, &key, &value, 0);
			pair_op(&p, BPF_MAP_LOOKUP_ELEM, &key, &value, 1);
			pair_op(&p, BPF_MAP_DELETE_ELEM, &key, NULL, 0);
			pair_op(&p, BPF_MAP_LOOKUP_AND_DELETE_ELEM, &key, &value, 0);
			pair_op(&p, BPF_MAP_GET_NEXT_KEY, &key, &value, 0);
		}
		pair_close(&p);
	}
}

/* Random commands on few keys: the same results and values, all the way. For LRU maps too few keys to
 * fill them: when to forget, and what, is each implementation's own. */
static void random_commands(const struct map_attr *a, u64 seed)
{
	const u32 keys = is_lru(a->type) ? 1 + a->max_entries / 8 : a->max_entries + 3;
	static const int cmds[] = { BPF_MAP_LOOKUP_ELEM, BPF_MAP_UPDATE_ELEM, BPF_MAP_UPDATE_ELEM,
				    BPF_MAP_DELETE_ELEM, BPF_MAP_LOOKUP_AND_DELETE_ELEM };
	static u8 key[MAX_BYTES], value[MAX_BYTES];
	struct pair p;

	REQUIRE(!pair_new(&p, a));
	for (u32 n = 0; n < 3000; n++) {
		u32 k = test_random(&seed) % keys, cmd = cmds[test_random(&seed) % 5];
		u64 flags = cmd == BPF_MAP_UPDATE_ELEM ? test_random(&seed) % 3 : 0;

		memset(key, 0, sizeof(key));
		key[0] = k;
		key[a->key_size - 1] ^= a->key_size > 4 ? k * 7 : 0;
		for (u32 i = 0; i < map_user_value_size(p.m); i++)
			value[i] = i % p.m->value_stride < a->value_size ? test_random(&seed) : 0;
		pair_op(&p, cmd, key, cmd == BPF_MAP_DELETE_ELEM ? NULL : value, flags);
	}
	pair_close(&p);
}

TEST("random commands have the kernel's results")
{
	static const struct kind shapes[] = {
		{ BPF_MAP_TYPE_HASH, 4, 8 },	     { BPF_MAP_TYPE_HASH, 8, 16 },
		{ BPF_MAP_TYPE_HASH, 1, 1 },	     { BPF_MAP_TYPE_HASH, 13, 5 },
		{ BPF_MAP_TYPE_HASH, 64, 100 },	     { BPF_MAP_TYPE_HASH, 6, 12 },
		{ BPF_MAP_TYPE_ARRAY, 4, 8 },	     { BPF_MAP_TYPE_ARRAY, 4, 13 },
		{ BPF_MAP_TYPE_PERCPU_HASH, 4, 8 },  { BPF_MAP_TYPE_PERCPU_HASH, 12, 20 },
		{ BPF_MAP_TYPE_PERCPU_ARRAY, 4, 4 }, { BPF_MAP_TYPE_PERCPU_ARRAY, 4, 100 },
		{ BPF_MAP_TYPE_LRU_HASH, 4, 8 },     { BPF_MAP_TYPE_LRU_PERCPU_HASH, 4, 12 },
	};

	for (u32 i = 0; i < ARRAY_SIZE(shapes); i++)
		for (u32 n = 1; n <= 40; n += 13) {
			struct map_attr a =
				attr_of(shapes[i].type, shapes[i].key, shapes[i].value, n, 0);

			if (is_lru(a.type))
				a.max_entries = n * 40;
			random_commands(&a, 0x1234567 + n + i);
			if (shapes[i].type == BPF_MAP_TYPE_HASH) {
				a.flags = BPF_F_NO_PREALLOC;
				random_commands(&a, 0x7654321 + n + i);
			}
		}
}

TEST("walking by next_key meets every key once, and starts anew at an unknown key")
{
	for (u32 k = 0; k < ARRAY_SIZE(kinds); k++) {
		struct map_attr a = attr_of(kinds[k].type, kinds[k].key, kinds[k].value, 100, 0);
		u8 value[64] = { 0 }, seen[100] = { 0 };
		u32 key, next, n = 0;
		struct pair p;

		if (kinds[k].type == BPF_MAP_TYPE_RINGBUF)
			continue;
		REQUIRE(!pair_new(&p, &a));
		for (key = 0; key < 100; key++)
			if (p.m->type->holds == OBJECT_NONE)
				REQUIRE(!pair_op(&p, BPF_MAP_UPDATE_ELEM, &key, value, 0));
		for (int err = map_sys_next_key(p.m, NULL, &next); !err;
		     err = map_sys_next_key(p.m, &next, &next)) {
			REQUIRE(next < 100 && !seen[next]);
			seen[next] = 1;
			n++;
		}
		EXPECT_EQ(n, 100);
		REQUIRE(!map_sys_next_key(p.m, NULL, &next));
		key = 5000;
		u32 again = 1;
		EXPECT_EQ(map_sys_next_key(p.m, &key, &again), 0);
		EXPECT_EQ(again, next);
		pair_close(&p);
	}
}

TEST("a ring buffer has no elements")
{
	struct map_attr a = attr_of(BPF_MAP_TYPE_RINGBUF, 0, 0, 4096, 0);
	struct pair p;
	u32 next;

	REQUIRE(!pair_new(&p, &a));
	EXPECT_EQ(map_sys_lookup(p.m, NULL, &next, 0), -ENOTSUPP);
	EXPECT_EQ(pair_op(&p, BPF_MAP_GET_NEXT_KEY, NULL, &next, 0), -ENOTSUPP);
	EXPECT_EQ(pair_op(&p, BPF_MAP_LOOKUP_ELEM, NULL, NULL, 0), -ENOTSUPP);
	EXPECT_EQ(pair_op(&p, BPF_MAP_UPDATE_ELEM, NULL, NULL, 0), -ENOTSUPP);
	EXPECT_EQ(pair_op(&p, BPF_MAP_DELETE_ELEM, NULL, NULL, 0), -ENOTSUPP);
	pair_close(&p);
}

TEST("an arena has pages, at an address that may be known from the beginning")
{
	static const struct {
		u32 pages;
		u64 addr;
	} rows[] = { { 10, 1ull << 44 },
		     { 0, 1ull << 44 },
		     { 1, (1ull << 44) + 8 },
		     { 2, (1ull << 44) - 4096 },
		     { 1, (1ull << 44) - 4096 },
		     { 1u << 20, 1ull << 44 },
		     { 1u << 20, 0 },
		     { (1u << 20) + 1, 0 },
		     { UINT32_MAX, 1ull << 44 },
		     { 1, -4096ull },
		     { 2, -4096ull },
		     { 1, 4096 } };
	struct map_attr a = attr_of(ABI_MAP_TYPE_ARENA, 0, 0, 10, BPF_F_MMAPABLE);
	struct pair p;
	u32 value;

	for (u32 k = 0; k < ARRAY_SIZE(rows); k++)
		for (u32 more = 0; more < 3; more++) {
			a.max_entries = rows[k].pages;
			a.extra = rows[k].addr;
			a.flags = BPF_F_MMAPABLE | (more ? 1u << (16 + more) : 0);
			try(&a);
		}
	a.max_entries = 10;
	a.extra = 0;
	for (u32 i = 0; i < 32; i++) { /* but the token's, which is the syscall layer's */
		a.flags = BPF_F_MMAPABLE | (i != 16 ? 1u << i : 0);
		try(&a);
		a.flags &= ~BPF_F_MMAPABLE;
		try(&a);
	}
	a.flags = BPF_F_MMAPABLE;
	for (u32 i = 1; i < 9; i++) {
		a.key_size = i & 4;
		a.value_size = i & 8;
		try(&a);
	}
	a.key_size = a.value_size = 0;
	REQUIRE(!pair_new(&p, &a));
	EXPECT_EQ(pair_op(&p, BPF_MAP_LOOKUP_ELEM, NULL, &value, 0), -EINVAL);
	EXPECT_EQ(pair_op(&p, BPF_MAP_UPDATE_ELEM, NULL, NULL, 0), -EOPNOTSUPP);
	EXPECT_EQ(pair_op(&p, BPF_MAP_DELETE_ELEM, NULL, NULL, 0), -EOPNOTSUPP);
	EXPECT_EQ(pair_op(&p, BPF_MAP_GET_NEXT_KEY, NULL, &value, 0), -EOPNOTSUPP);
	pair_close(&p);
}

TEST("freezing: once, not read-only maps, and not while somebody writes")
{
	struct map_attr a = attr_of(BPF_MAP_TYPE_ARRAY, 4, 4, 1, BPF_F_MMAPABLE);
	struct pair p;
	union bpf_attr k;

	REQUIRE(!pair_new(&p, &a));
	atomic_fetch_add(&p.m->writers, 1);
	EXPECT_EQ(map_freeze(p.m), -EBUSY);
	atomic_fetch_sub(&p.m->writers, 1);
	EXPECT_EQ(map_freeze(p.m), 0);
	EXPECT(atomic_load(&p.m->frozen));
	EXPECT_EQ(map_freeze(p.m), -EPERM);
	memset(&k, 0, sizeof(k));
	k.map_fd = p.fd;
	if (p.fd >= 0) {
		EXPECT_EQ(kernel_bpf(BPF_MAP_FREEZE, &k, sizeof(k)), 0);
		EXPECT_EQ(kernel_bpf(BPF_MAP_FREEZE, &k, sizeof(k)), -EPERM);
	}
	pair_close(&p);
	a = attr_of(BPF_MAP_TYPE_HASH, 4, 4, 1, BPF_F_RDONLY);
	REQUIRE(!pair_new(&p, &a));
	EXPECT_EQ(map_freeze(p.m), -EPERM);
	pair_close(&p);
}
