/* BTF of maps: which types fit, where the lock is, what BPF_F_LOCK then does. The same BTF goes to the
 * kernel. */
#include "maps.h"

#include <bpf/btf.h>
#include <sys/mman.h>

/* libbpf and we both have a `struct btf`; only pointers to ours pass through here. */
int btf_new(const void *data, u32 size, void *log, struct btf **out);

enum {
	INT = 1,
	U64,
	LOCK,
	LOCKED,
	LATE,
	SHORT_INT,
	TIMER,
	TIMED,
	STRUCT_KEY,
	PREFIX,
	NAMED_PREFIX
};

static struct btf *make_types(void)
{
	struct btf *b = btf__new_empty();

	btf__add_int(b, "int", 4, BTF_INT_SIGNED);
	btf__add_int(b, "long", 8, 0);
	btf__add_struct(b, "bpf_spin_lock", 4);
	btf__add_field(b, "val", INT, 0, 0);
	btf__add_struct(b, "locked", 16);
	btf__add_field(b, "lock", LOCK, 0, 0);
	btf__add_field(b, "a", INT, 32, 0);
	btf__add_field(b, "b", U64, 64, 0);
	btf__add_struct(b, "late", 16);
	btf__add_field(b, "b", U64, 0, 0);
	btf__add_field(b, "c", INT, 64, 0);
	btf__add_field(b, "lock", LOCK, 96, 0);
	btf__add_int(b, "short", 2, 0);
	btf__add_struct(b, "bpf_timer", 16);
	btf__add_field(b, "x", U64, 0, 0);
	btf__add_field(b, "y", U64, 64, 0);
	btf__add_struct(b, "timed", 24);
	btf__add_field(b, "v", U64, 0, 0);
	btf__add_field(b, "t", TIMER, 64, 0);
	btf__add_struct(b, "key", 4);
	btf__add_field(b, "k", INT, 0, 0);
	btf__add_struct(b, "prefix", 8);
	btf__add_field(b, "len", INT, 0, 0);
	btf__add_field(b, "addr", INT, 32, 0);
	btf__add_typedef(b, "prefix_t", PREFIX);
	return b;
}

struct loaded {
	struct btf *ours;
	int fd;
};

static struct loaded load(void)
{
	struct btf *b = make_types();
	struct loaded l = { .fd = -1 };
	u32 size;
	const void *data = btf__raw_data(b, &size);
	union bpf_attr k;

	memset(&k, 0, sizeof(k)); /* an initializer may leave the rest of a union alone */
	k.btf = (uintptr_t)data;
	k.btf_size = size;
	if (btf_new(data, size, NULL, &l.ours))
		abort();
	if (!kernel_missing()) {
		l.fd = kernel_bpf(BPF_BTF_LOAD, &k, sizeof(k));
		EXPECT(l.fd >= 0, "BTF_LOAD: %d", l.fd);
	}
	btf__free(b);
	return l;
}

static void unload(struct loaded *l)
{
	object_unref((struct object *)(void *)l->ours);
	if (l->fd >= 0)
		close(l->fd);
}

static int both(struct pair *p, struct map_attr *a, const struct loaded *l, u32 key, u32 value)
{
	union bpf_attr k;
	int err;

	memset(&k, 0, sizeof(k));
	k.map_type = a->type;
	k.key_size = a->key_size;
	k.value_size = a->value_size;
	k.max_entries = a->max_entries;
	k.map_flags = a->flags;
	k.btf_fd = l->fd;
	k.btf_key_type_id = key;
	k.btf_value_type_id = value;
	a->btf = l->ours;
	a->btf_key_id = key;
	a->btf_value_id = value;
	*p = (struct pair){ .fd = -1 };
	err = map_new(test_runtime(), a, &p->m);
	if (!kernel_missing()) {
		p->fd = kernel_bpf(BPF_MAP_CREATE, &k, sizeof(k));
		EXPECT((p->fd < 0 ? p->fd : 0) == err, "%s key %u value %u: kernel %d, we %d",
		       attr_text(a), key, value, p->fd, err);
	}
	return err;
}

/* What the type cannot be created without. */
static u32 create_flags(u32 type)
{
	return type == BPF_MAP_TYPE_LPM_TRIE ? BPF_F_NO_PREALLOC : 0;
}

TEST("BTF must fit the map, by type of map, key and value, as Linux says")
{
	static const struct {
		u32 type, key, value;
	} shapes[] = {
		{ BPF_MAP_TYPE_HASH, 4, 8 },	      { BPF_MAP_TYPE_HASH, 4, 16 },
		{ BPF_MAP_TYPE_HASH, 8, 24 },	      { BPF_MAP_TYPE_ARRAY, 4, 16 },
		{ BPF_MAP_TYPE_ARRAY, 4, 24 },	      { BPF_MAP_TYPE_ARRAY, 4, 4 },
		{ BPF_MAP_TYPE_PERCPU_ARRAY, 4, 16 }, { BPF_MAP_TYPE_PERCPU_HASH, 4, 16 },
		{ BPF_MAP_TYPE_PERCPU_HASH, 4, 24 },  { BPF_MAP_TYPE_LRU_HASH, 4, 16 },
		{ BPF_MAP_TYPE_LRU_HASH, 4, 24 },     { BPF_MAP_TYPE_LRU_PERCPU_HASH, 4, 16 },
		{ BPF_MAP_TYPE_PROG_ARRAY, 4, 4 },    { BPF_MAP_TYPE_PERF_EVENT_ARRAY, 4, 4 },
		{ BPF_MAP_TYPE_RINGBUF, 0, 0 },	      { BPF_MAP_TYPE_LPM_TRIE, 8, 8 },
		{ BPF_MAP_TYPE_QUEUE, 0, 8 },	      { BPF_MAP_TYPE_STACK, 0, 16 },
		{ BPF_MAP_TYPE_BLOOM_FILTER, 0, 8 },  { BPF_MAP_TYPE_BLOOM_FILTER, 0, 16 },
		{ BPF_MAP_TYPE_LPM_TRIE, 8, 16 },     { BPF_MAP_TYPE_LPM_TRIE, 8, 24 },
	};
	static const u32 flags[] = { 0, BPF_F_RDONLY_PROG, BPF_F_WRONLY_PROG, BPF_F_RDONLY };
	struct loaded l = load();

	for (u32 s = 0; s < ARRAY_SIZE(shapes); s++)
		for (u32 key = 0; key <= NAMED_PREFIX + 1; key++)
			for (u32 value = 1; value <= NAMED_PREFIX + 1; value++)
				for (u32 f = 0; f < ARRAY_SIZE(flags); f++) {
					struct map_attr a =
						attr_of(shapes[s].type, shapes[s].key,
							shapes[s].value, shapes[s].key ? 1 : 4096,
							flags[f] | create_flags(shapes[s].type));
					struct pair p;

					both(&p, &a, &l, key, value);
					pair_close(&p);
				}
	unload(&l);
}

TEST("the lock's place is known; BPF_F_LOCK reads and writes around it")
{
	static const u32 types[] = { BPF_MAP_TYPE_HASH, BPF_MAP_TYPE_ARRAY };
	static const u32 values[] = { LOCKED, LATE };
	static const u64 flags[] = { BPF_F_LOCK,
				     BPF_F_LOCK | BPF_EXIST,
				     BPF_F_LOCK | BPF_NOEXIST,
				     BPF_ANY,
				     BPF_EXIST,
				     BPF_NOEXIST,
				     BPF_F_LOCK | 3,
				     8 };
	struct loaded l = load();

	for (u32 t = 0; t < ARRAY_SIZE(types); t++)
		for (u32 v = 0; v < ARRAY_SIZE(values); v++) {
			struct map_attr a = attr_of(types[t], 4, 16, 2, 0);
			struct pair p;

			REQUIRE(!both(&p, &a, &l, INT, values[v]));
			EXPECT_EQ(p.m->spin_lock_off, values[v] == LOCKED ? 0 : 12);
			for (u32 n = 0; n < 200; n++) {
				u8 value[16];
				u32 key = n * 7 % 4;

				memset(value, n + 1, sizeof(value));
				pair_op(&p, BPF_MAP_UPDATE_ELEM, &key, value, flags[n % 8]);
				pair_op(&p, BPF_MAP_LOOKUP_ELEM, &key, value, 0);
				pair_op(&p, BPF_MAP_LOOKUP_ELEM, &key, value, BPF_F_LOCK);
				if (n % 5 == 0)
					pair_op(&p, BPF_MAP_LOOKUP_AND_DELETE_ELEM, &key, value,
						n % 2 ? BPF_F_LOCK : 0);
			}
			pair_close(&p);
		}
	unload(&l);
}

TEST("an MMAPABLE array's file is its values, rounded up to pages")
{
	struct map_attr a = attr_of(BPF_MAP_TYPE_ARRAY, 4, 12, 300, BPF_F_MMAPABLE);
	struct pair p;
	u32 key = 299;
	u64 addr;

	REQUIRE(!pair_new(&p, &a));
	EXPECT_EQ(p.m->seg.size, 8192);
	EXPECT(p.m->type->user_mmap);
	char *mine = mmap(NULL, 8192, PROT_READ | PROT_WRITE, MAP_SHARED, p.m->seg.fd, 0);
	REQUIRE(mine != MAP_FAILED);
	strcpy(mine + 299 * 16, "from mmap");
	EXPECT_STR(p.m->type->lookup(p.m, &key, NULL), "from mmap");
	if (p.fd >= 0) {
		char *theirs = mmap(NULL, 8192, PROT_READ | PROT_WRITE, MAP_SHARED, p.fd, 0);
		REQUIRE(theirs != MAP_FAILED);
		strcpy(theirs + 299 * 16, "from mmap");
		munmap(theirs, 8192);
		u8 value[12] = { 0 };
		EXPECT_EQ(pair_op(&p, BPF_MAP_LOOKUP_ELEM, &key, value, 0), 0);
	}
	EXPECT_EQ(p.m->type->value_addr(p.m, 0, &addr), -ENOTSUPP);
	EXPECT_EQ(map_freeze(p.m), 0);
	EXPECT(mmap(NULL, 8192, PROT_READ | PROT_WRITE, MAP_SHARED, p.m->seg.fd, 0) == MAP_FAILED);
	char *ro = mmap(NULL, 8192, PROT_READ, MAP_SHARED, p.m->seg.fd, 0);
	EXPECT(ro != MAP_FAILED);
	munmap(ro, 8192);
	munmap(mine, 8192);
	pair_close(&p);
	a = attr_of(BPF_MAP_TYPE_ARRAY, 4, 12, 1, 0);
	REQUIRE(!pair_new(&p, &a));
	EXPECT_EQ(p.m->type->value_addr(p.m, 11, &addr), 0);
	EXPECT_EQ(addr, (uintptr_t)p.m->seg.base + 11);
	EXPECT_EQ(p.m->type->value_addr(p.m, 12, &addr), -EINVAL);
	pair_close(&p);
}
