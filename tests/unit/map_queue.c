/* Maps without keys: queue, stack, Bloom filter. Every command's result against the kernel's. */
#include "maps.h"

#include <pthread.h>

static const u32 types[] = { BPF_MAP_TYPE_QUEUE, BPF_MAP_TYPE_STACK, BPF_MAP_TYPE_BLOOM_FILTER };

static void try(const struct map_attr *a)
{
	struct pair p;

	pair_new(&p, a);
	pair_close(&p);
}

TEST("creation accepts and refuses flags, sizes and map_extra as Linux does")
{
	static const u32 values[] = {
		0, 1, 3, 4, 8, 513, 0x10000, 0x3ffff0, 0x400000, 0x400001, 0x80000000, 0xffffffff
	};

	for (u32 t = 0; t < ARRAY_SIZE(types); t++) {
		struct map_attr a;

		for (u32 i = 0; i < 16; i++)
			for (u32 k = i; k < 16; k++) {
				a = attr_of(types[t], 0, 8, 4, 1u << i | 1u << k);
				try(&a);
			}
		for (u32 i = 0; i < ARRAY_SIZE(values); i++)
			for (u32 n = 0; n < 2; n++)
				for (u32 key = 0; key < 5; key += 4) {
					a = attr_of(types[t], key, values[i], n, 0);
					try(&a);
				}
		for (u32 extra = 0; extra < 20; extra++) {
			a = attr_of(types[t], 0, 8, 4, 0);
			a.extra = types[t] == BPF_MAP_TYPE_BLOOM_FILTER ? extra : extra % 2;
			try(&a);
		}
		for (u32 node = 0; node < 3; node++) {
			a = attr_of(types[t], 0, 8, 4, BPF_F_NUMA_NODE);
			a.numa_node = node ? node * 9999 : ~0u;
			try(&a);
		}
	}
}

TEST("flags of element commands are refused as Linux refuses them")
{
	static const int cmds[] = { BPF_MAP_UPDATE_ELEM, BPF_MAP_LOOKUP_ELEM,
				    BPF_MAP_LOOKUP_AND_DELETE_ELEM };
	static const u64 flags[] = { 0, 1, 2, 3, 4, 5, 6, 8, 1ull << 32 };

	for (u32 t = 0; t < ARRAY_SIZE(types); t++) {
		struct map_attr a = attr_of(types[t], 0, 8, 2, 0);
		struct pair p;
		u64 value = 77;

		REQUIRE(!pair_new(&p, &a));
		for (u32 f = 0; f < ARRAY_SIZE(flags); f++)
			for (u32 c = 0; c < ARRAY_SIZE(cmds); c++)
				pair_op(&p, cmds[c], NULL, &value, flags[f]);
		pair_op(&p, BPF_MAP_DELETE_ELEM, NULL, NULL, 0);
		pair_op(&p, BPF_MAP_GET_NEXT_KEY, NULL, &value, 0);
		pair_close(&p);
	}
}

TEST("random pushes, peeks and pops have the kernel's results")
{
	static const u32 values[] = { 1, 4, 7, 8, 100 };

	for (u32 t = 0; t < 2; t++)
		for (u32 v = 0; v < ARRAY_SIZE(values); v++)
			for (u32 n = 1; n < 40; n += 6) {
				struct map_attr a = attr_of(types[t], 0, values[v], n, 0);
				u64 s = 0x1234567 + n;
				u8 value[128];
				struct pair p;

				REQUIRE(!pair_new(&p, &a));
				for (u32 i = 0; i < 1000; i++) {
					u32 r = test_random(&s) % 8;

					memset(value, (int)i, sizeof(value));
					pair_op(&p,
						r < 4	? BPF_MAP_UPDATE_ELEM
						: r < 6 ? BPF_MAP_LOOKUP_ELEM
							: BPF_MAP_LOOKUP_AND_DELETE_ELEM,
						NULL, value, r < 4 && i % 3 == 0 ? BPF_EXIST : 0);
				}
				pair_close(&p);
			}
}

TEST("what was pushed into a Bloom filter is found; of what was not, little is")
{
	for (u32 extra = 0; extra < 16; extra++) {
		struct map_attr a = attr_of(BPF_MAP_TYPE_BLOOM_FILTER, 0, 12, 1000, 0);
		struct skep_map *m;
		u32 wrong = 0;

		a.extra = extra;
		REQUIRE(!map_new(test_runtime(), &a, &m));
		for (u32 i = 0; i < 1000; i++)
			EXPECT_EQ(map_sys_update(m, NULL, (u32[]){ i, 5, ~i }, 0), 0);
		for (u32 i = 0; i < 10000; i++) {
			int err = map_sys_lookup(m, NULL, (u32[]){ i, 5, ~i }, 0);

			EXPECT(i >= 1000 || !err, "%u was pushed: %d", i, err);
			wrong += i >= 1000 && !err;
		}
		/* At best 2^-k, for k hashes; one is wrong for half of what is asked. */
		EXPECT(wrong < 9000u * 3 / 2 >> MIN(extra ?: 5, 5), "%u hashes: %u wrong", extra,
		       wrong);
		map_unref(m);
	}
}

/* --- threads --- */

#define ROUNDS 20000

struct job {
	struct skep_map *m;
	u32 no;
	u64 sum;
	const char *problem;
};

static void *push_and_pop(void *arg)
{
	struct job *j = arg;

	for (u32 i = 1; i <= ROUNDS; i++) {
		u64 v[2] = { i + j->no, ~(u64)(i + j->no) };

		if (!j->m->type->push(j->m, v, 0))
			j->sum += v[0];
		if (i % 3 && !j->m->type->pop(j->m, v)) {
			j->sum -= v[0];
			if (v[1] != ~v[0])
				j->problem = "a torn value";
		}
	}
	return NULL;
}

TEST("queue, stack: what threads push is popped once, and whole")
{
	for (u32 t = 0; t < 2; t++) {
		struct map_attr a = attr_of(types[t], 0, 16, 50, 0);
		struct job jobs[4];
		pthread_t threads[4];
		struct skep_map *m;
		u64 v[2], sum = 0;

		REQUIRE(!map_new(test_runtime(), &a, &m));
		for (u32 i = 0; i < 4; i++) {
			jobs[i] = (struct job){ .m = m, .no = i << 20 };
			REQUIRE(!pthread_create(&threads[i], NULL, push_and_pop, &jobs[i]));
		}
		for (u32 i = 0; i < 4; i++) {
			pthread_join(threads[i], NULL);
			EXPECT(!jobs[i].problem, "%s", jobs[i].problem);
			sum += jobs[i].sum;
		}
		while (!m->type->pop(m, v))
			sum -= v[0];
		EXPECT_EQ(sum, 0);
		map_unref(m);
	}
}
