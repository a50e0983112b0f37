/* LPM tries: every command's result against the kernel's trie and against a plain list of prefixes, the
 * order of keys, and look-ups while prefixes come and go. */
#include "maps.h"

#include <pthread.h>

#if defined(__SANITIZE_THREAD__) || defined(__SANITIZE_ADDRESS__)
#define ROUNDS 20000
#else
#define ROUNDS 200000
#endif

struct key4 {
	u32 len;
	u8 data[4];
};

static struct map_attr trie(u32 data, u32 value, u32 n)
{
	return attr_of(BPF_MAP_TYPE_LPM_TRIE, 4 + data, value, n, BPF_F_NO_PREALLOC);
}

/* Few bits differ, so that prefixes nest, join and split. */
static void random_key(u8 *key, u32 data, u64 *s)
{
	u32 len = test_random(s) % (data * 8 + 2);

	memset(key, 0, 4 + data);
	memcpy(key, &len, 4);
	for (u32 i = 0; i < 6; i++)
		if (test_random(s) % 2) {
			u32 bit = i * (data * 8 - 1) / 5;

			key[4 + bit / 8] |= 0x80 >> bit % 8;
		}
}

/* The same keys in the same order. */
static void compare_order(const struct pair *p)
{
	static u8 ours[512], theirs[512], next[512];
	int err = map_sys_next_key(p->m, NULL, ours), kerr;

	if (p->fd < 0)
		return;
	kerr = kernel_elem(p, BPF_MAP_GET_NEXT_KEY, NULL, theirs, 0);
	while (!err && !kerr) {
		EXPECT(!memcmp(ours, theirs, p->m->key_size), "%u bits here, %u in the kernel",
		       *(u32 *)ours, *(u32 *)theirs);
		memcpy(next, ours, p->m->key_size);
		err = map_sys_next_key(p->m, next, ours);
		kerr = kernel_elem(p, BPF_MAP_GET_NEXT_KEY, next, theirs, 0);
	}
	EXPECT_EQ(err, kerr);
}

static void random_commands(u32 data, u32 n, u64 seed)
{
	static const int cmds[] = { BPF_MAP_LOOKUP_ELEM, BPF_MAP_LOOKUP_ELEM, BPF_MAP_UPDATE_ELEM,
				    BPF_MAP_UPDATE_ELEM, BPF_MAP_DELETE_ELEM };
	struct map_attr a = trie(data, 12, n);
	u8 key[512], value[16];
	struct pair p;

	REQUIRE(!pair_new(&p, &a));
	for (u32 i = 0; i < 4000; i++) {
		int cmd = cmds[test_random(&seed) % 5];

		random_key(key, data, &seed);
		memcpy(value, &i, 4);
		memset(value + 4, (int)i, 8);
		pair_op(&p, cmd, key, cmd == BPF_MAP_DELETE_ELEM ? NULL : value,
			cmd == BPF_MAP_UPDATE_ELEM ? test_random(&seed) % 3 : 0);
		if (i % 500 == 0)
			compare_order(&p);
	}
	compare_order(&p);
	pair_close(&p);
}

TEST("random commands on nested prefixes have the kernel's results, in the kernel's order")
{
	static const u32 sizes[] = { 1, 2, 3, 4, 7, 8, 9, 16, 20, 256 };

	for (u32 i = 0; i < ARRAY_SIZE(sizes); i++)
		for (u32 n = 1; n <= 1000; n *= 10)
			random_commands(sizes[i], n, 0x1234567 + i * 16 + n);
}

TEST("creation knows Linux's sizes")
{
	static const u32 keys[] = { 0, 1, 4, 5, 6, 8, 20, 259, 260, 261, 512 };
	static const u32 values[] = { 0, 1, 8, 4194023, 4194024, 4194025, 0x400000, 0xffffffff };
	struct pair p;

	for (u32 i = 0; i < ARRAY_SIZE(keys); i++)
		for (u32 k = 0; k < ARRAY_SIZE(values); k++)
			for (u32 n = 0; n < 3; n++)
				for (u32 flag = 0; flag < 2; flag++) {
					struct map_attr a = attr_of(BPF_MAP_TYPE_LPM_TRIE, keys[i],
								    values[k], n, flag);

					pair_new(&p, &a);
					pair_close(&p);
				}
}

TEST("creation accepts and refuses every flag as Linux does")
{
	struct pair p;

	for (u32 i = 0; i < 16; i++)
		for (u32 k = 0; k < 16; k++) {
			struct map_attr a = attr_of(BPF_MAP_TYPE_LPM_TRIE, 8, 8, 4,
						    BPF_F_NO_PREALLOC | 1u << i | 1u << k);

			pair_new(&p, &a);
			pair_close(&p);
		}
}

TEST("flags of element commands are refused as Linux refuses them")
{
	static const int cmds[] = { BPF_MAP_LOOKUP_ELEM, BPF_MAP_UPDATE_ELEM,
				    BPF_MAP_LOOKUP_AND_DELETE_ELEM };
	static const u64 flags[] = { 0, 1, 2, 3, 4, 5, 8, 1ull << 32 };
	struct map_attr a = trie(4, 8, 2);
	struct pair p;

	REQUIRE(!pair_new(&p, &a));
	for (u32 f = 0; f < ARRAY_SIZE(flags); f++)
		for (u32 c = 0; c < ARRAY_SIZE(cmds); c++)
			for (u32 len = 0; len < 40; len += 3) {
				struct key4 k = { .len = len, .data = { 1, 2, 3, 4 } };
				u64 value = len;

				pair_op(&p, cmds[c], &k, &value, flags[f]);
			}
	pair_close(&p);
}

/* --- threads --- */

struct job {
	struct skep_map *m;
	u32 no;
	const char *problem;
};

/* 10.0.0.0/8 and 10.1.2.0/24 stay; all else below them and above comes and goes. Values name the
 * prefix: its length, and its bits. */
static struct key4 some_key(u64 *s)
{
	struct key4 k = { .len = test_random(s) % 33, .data = { 10, 1, 2, 3 } };

	if (test_random(s) % 4 == 0)
		k.data[3] ^= 1u << test_random(s) % 8;
	if (test_random(s) % 8 == 0)
		k.data[2] ^= 1u << test_random(s) % 8;
	if (k.len == 8 || k.len == 24)
		k.len++;
	return k;
}

static u32 bits_of(const struct key4 *k, u32 len)
{
	u32 w;

	memcpy(&w, k->data, 4);
	return len ? __builtin_bswap32(w) >> (32 - len) << (32 - len) : 0;
}

static void put(struct skep_map *m, const struct key4 *k, struct skep_run *run)
{
	u64 v[2] = { (u64)k->len << 32 | bits_of(k, k->len), 0 };

	v[1] = ~v[0];
	m->type->update(m, k, v, 0, run);
}

static void *churn(void *arg)
{
	struct job *j = arg;
	u64 s = 0x777 + j->no;

	for (u32 n = 0; n < ROUNDS; n++) {
		struct key4 k = some_key(&s);
		struct skep_run *run = j->no % 2 ? run_enter(j->m->rt) : NULL;

		if (test_random(&s) % 2)
			put(j->m, &k, run);
		else
			j->m->type->remove(j->m, &k, run);
		if (n % 16 == 0) { /* replaced, never missing */
			struct key4 stable = { 24, { 10, 1, 2, 0 } };

			put(j->m, &stable, run);
		}
		if (run)
			run_leave(run);
	}
	return NULL;
}

static void *look_up(void *arg)
{
	struct job *j = arg;
	struct key4 k = { 32, { 10, 1, 2, 3 } };

	for (u32 n = 0; n < ROUNDS; n++) {
		u32 want = n % 2 ? 24 : 8, len;
		u64 v[2];

		k.data[1] = n % 2; /* 10.1.2.3 or 10.0.2.3 */
		if (map_sys_lookup(j->m, &k, v, 0) || !j->m->type->lookup(j->m, &k, NULL)) {
			j->problem = "a prefix that was always there was missed";
			continue;
		}
		len = (u32)(v[0] >> 32);
		if (v[1] != ~v[0] || (u32)v[0] != bits_of(&k, len))
			j->problem = "the value of another prefix";
		else if (len < want)
			j->problem = "not the longest prefix";
	}
	return NULL;
}

static void *walk(void *arg)
{
	struct job *j = arg;

	for (u32 n = 0; n < ROUNDS / 100; n++) {
		struct key4 k;
		u32 steps = 0;

		for (int err = map_sys_next_key(j->m, NULL, &k); !err && steps++ < 1000;
		     err = map_sys_next_key(j->m, &k, &k))
			if (k.len > 32 || k.data[0] != 10 || k.data[1] > 1)
				j->problem = "a torn key";
	}
	return NULL;
}

TEST("the longest prefix that stays is found while others come and go")
{
	/* 8: all prefixes but the shortest share a slot. 4096: there are short ones up to 12 bits. */
	for (u32 n = 512; n <= 4096; n *= 8) {
		void *(*fn[])(void *) = { churn, churn, look_up, look_up, walk };
		struct key4 outer = { 8, { 10 } }, inner = { 24, { 10, 1, 2 } };
		struct map_attr a = trie(4, 16, n);
		struct job jobs[5];
		pthread_t t[5];
		struct skep_map *m;
		u32 count = 0;
		struct key4 k;

		REQUIRE(!map_new(test_runtime(), &a, &m));
		put(m, &outer, NULL);
		put(m, &inner, NULL);
		for (u32 i = 0; i < 5; i++) {
			jobs[i] = (struct job){ .m = m, .no = i };
			REQUIRE(!pthread_create(&t[i], NULL, fn[i], &jobs[i]));
		}
		for (u32 i = 0; i < 5; i++) {
			pthread_join(t[i], NULL);
			EXPECT(!jobs[i].problem, "job %u: %s", i, jobs[i].problem);
		}
		/* No node and no entry was lost: the map empties, and takes all it should. */
		while (!map_sys_next_key(m, NULL, &k))
			REQUIRE(!map_sys_delete(m, &k));
		for (u32 i = 0; i < n + 1; i++) {
			k = (struct key4){ 32, { i >> 8, i, 7, 7 } };
			count += !map_sys_update(m, &k, (u64[2]){ 0 }, 0);
		}
		EXPECT_EQ(count, n);
		map_unref(m);
	}
}
