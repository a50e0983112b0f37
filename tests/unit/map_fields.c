/* Objects that map values own: an element's end frees them, whatever ends it, and so does its next life if a program
 * has stored one through a pointer that it still held. */
#include "maps.h"

#include "map/local.h"

/* libbpf and we both have a `struct btf`: this one is ours, libbpf's passes through here. */
struct btf *btf__new_empty(void);
int btf__add_int(struct btf *b, const char *name, size_t size, int encoding);
int btf__add_struct(struct btf *b, const char *name, u32 size);
int btf__add_field(struct btf *b, const char *name, int type, u32 bit, u32 bits);
int btf__add_type_tag(struct btf *b, const char *value, int type);
int btf__add_ptr(struct btf *b, int type);
const void *btf__raw_data(const struct btf *b, u32 *size);
void btf__free(struct btf *b);

enum { INT = 1, LONG, ITEM, TAG, POINTER, VALUE };

static struct btf *types(void)
{
	struct btf *b = btf__new_empty(), *ours;
	const void *data;
	u32 size;

	btf__add_int(b, "int", 4, BTF_INT_SIGNED);
	btf__add_int(b, "long", 8, 0);
	btf__add_struct(b, "item", 16);
	btf__add_field(b, "n", LONG, 0, 0);
	btf__add_field(b, "m", LONG, 64, 0);
	btf__add_type_tag(b, "kptr", ITEM);
	btf__add_ptr(b, TAG);
	btf__add_struct(b, "value", 16);
	btf__add_field(b, "n", LONG, 0, 0);
	btf__add_field(b, "item", POINTER, 64, 0);
	data = btf__raw_data(b, &size);
	if (btf_new(data, size, NULL, &ours))
		abort();
	btf__free(b);
	return ours;
}

struct fixture {
	struct btf *btf;
	struct local_pool *pool;
	struct skep_map *m;
};

static void set_up(struct fixture *f, u32 type, u32 n)
{
	struct map_attr a = attr_of(type, 4, 16, n, 0);

	f->btf = types();
	a.btf = f->btf;
	a.btf_key_id = INT;
	a.btf_value_id = VALUE;
	if (map_new(test_runtime(), &a, &f->m) ||
	    local_pool_find(test_runtime(), f->btf, ITEM, false, &f->pool))
		abort();
}

static void tear_down(struct fixture *f)
{
	map_unref(f->m);
	object_unref((struct object *)(void *)f->btf);
}

/* Objects are taken from where they were put last. */
static bool is_free(struct fixture *f, void *object)
{
	void *next = local_new(f->pool);

	local_drop(next);
	return next == object;
}

static void put(struct fixture *f, u32 key)
{
	u64 value[2] = { key, 0 };
	struct skep_run *run = run_enter(test_runtime());

	EXPECT_EQ(f->m->type->update(f->m, &key, value, 0, run), 0);
	run_leave(run);
}

static u64 *find(struct fixture *f, u32 key)
{
	struct skep_run *run = run_enter(test_runtime());
	u64 *value = f->m->type->lookup(f->m, &key, run);

	run_leave(run);
	return value;
}

static void *store(struct fixture *f, u64 *value)
{
	void *object = local_new(f->pool);

	value[1] = (u64)object;
	return object;
}

static const u32 hashes[] = { BPF_MAP_TYPE_HASH, BPF_MAP_TYPE_LRU_HASH, BPF_MAP_TYPE_PERCPU_HASH,
			      BPF_MAP_TYPE_LRU_PERCPU_HASH };

TEST("a key's end frees what its value owns")
{
	for (u32 i = 0; i < ARRAY_SIZE(hashes); i++) {
		struct fixture f;
		u32 key = 1;
		void *object;

		set_up(&f, hashes[i], 8);
		put(&f, key);
		object = store(&f, find(&f, key));
		EXPECT(!is_free(&f, object));
		EXPECT_EQ(map_sys_delete(f.m, &key), 0);
		EXPECT(is_free(&f, object), "map type %u", hashes[i]);
		tear_down(&f);
	}
}

TEST("what is stored through a pointer kept for too long is freed when the element is used again")
{
	for (u32 i = 0; i < ARRAY_SIZE(hashes); i++) {
		struct fixture f;
		u32 key = 1;
		void *object;
		u64 *stale;

		set_up(&f, hashes[i], 1);
		put(&f, key);
		stale = find(&f, key);
		EXPECT_EQ(map_sys_delete(f.m, &key), 0);
		object = store(&f, stale);
		for (u32 n = 0; n < 300 && stale[1]; n++) { /* until that element's turn comes */
			put(&f, key);
			map_sys_delete(f.m, &key);
		}
		EXPECT_EQ(stale[1], 0);
		EXPECT(is_free(&f, object), "map type %u", hashes[i]);
		tear_down(&f);
	}
}

TEST("a key that is forgotten for want of room gives back what its value owns")
{
	for (u32 i = 0; i < ARRAY_SIZE(hashes); i++) {
		struct fixture f;
		void *object;

		if (hashes[i] != BPF_MAP_TYPE_LRU_HASH && hashes[i] != BPF_MAP_TYPE_LRU_PERCPU_HASH)
			continue;
		set_up(&f, hashes[i], 64);
		put(&f, 0);
		object = store(&f, find(&f, 0));
		for (u32 key = 1; key < 4096; key++) /* a look-up would spare it */
			put(&f, key);
		EXPECT(!find(&f, 0));
		EXPECT(is_free(&f, object), "map type %u", hashes[i]);
		tear_down(&f);
	}
}

TEST("an array's value that is written anew gives back what it owned")
{
	static const u32 arrays[] = { BPF_MAP_TYPE_ARRAY, BPF_MAP_TYPE_PERCPU_ARRAY };

	for (u32 i = 0; i < ARRAY_SIZE(arrays); i++) {
		struct fixture f;
		void *object;

		set_up(&f, arrays[i], 2);
		object = store(&f, find(&f, 1));
		put(&f, 1);
		EXPECT_EQ(find(&f, 1)[1], 0);
		EXPECT(is_free(&f, object), "map type %u", arrays[i]);
		tear_down(&f);
	}
}

TEST("a map's end frees what its values own")
{
	static const u32 all[] = { BPF_MAP_TYPE_ARRAY, BPF_MAP_TYPE_PERCPU_ARRAY, BPF_MAP_TYPE_HASH,
				   BPF_MAP_TYPE_PERCPU_HASH };

	for (u32 i = 0; i < ARRAY_SIZE(all); i++) {
		struct fixture f;
		void *object;

		set_up(&f, all[i], 2);
		put(&f, 1);
		object = store(&f, find(&f, 1));
		map_unref(f.m);
		EXPECT(is_free(&f, object), "map type %u", all[i]);
		object_unref((struct object *)(void *)f.btf);
	}
}
