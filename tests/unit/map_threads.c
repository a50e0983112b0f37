/* Maps under concurrent programs and controllers. Meant for TSan as well: no report, and what the map
 * promises holds at every moment. */
#include "maps.h"

#include "btf/record.h"

#include <pthread.h>

#define THREADS 4
/* Enough for a broken look-up to show; sanitizers are slower, and see more. */
#if defined(__SANITIZE_THREAD__) || defined(__SANITIZE_ADDRESS__)
#define ROUNDS 20000
#else
#define ROUNDS 150000
#endif

struct job {
	struct skep_map *m;
	u32 no;
	_Atomic bool *stop;
	const char *problem;
};

static void run_jobs(struct job *jobs, u32 n, void *(*fn[])(void *))
{
	pthread_t t[8];

	for (u32 i = 0; i < n; i++)
		if (pthread_create(&t[i], NULL, fn[i], &jobs[i]))
			abort();
	for (u32 i = 0; i < n; i++) {
		pthread_join(t[i], NULL);
		EXPECT(!jobs[i].problem, "job %u: %s", i, jobs[i].problem);
	}
}

static struct skep_map *new_map(u32 type, u32 key, u32 value, u32 n)
{
	struct map_attr a = attr_of(type, key, value, n, 0);
	struct skep_map *m;

	if (map_new(test_runtime(), &a, &m))
		abort();
	return m;
}

/* A key of three words, and a value that tells which key it belongs to. */
struct big_key {
	u64 w[3];
};

static struct big_key key_of(u32 i)
{
	return (struct big_key){ { i, ~(u64)i, i * 0x9e3779b97f4a7c15ull } };
}

static u64 word_of(const void *value, u32 i)
{
	return atomic_load_explicit((_Atomic u64 *)value + i, memory_order_relaxed);
}

/* Keys below STABLE are updated but never deleted; the rest come and go. */
#define STABLE 8
#define KEYS   40

/* A slot is entered for each operation: there may be more threads than slots. */
static void *churn(void *arg)
{
	struct job *j = arg;
	u64 s = 0x1234567 + j->no;

	for (u32 n = 0; n < ROUNDS; n++) {
		u32 i = test_random(&s) % KEYS;
		struct big_key k = key_of(i);
		u64 v[2] = { i, ~(u64)i };
		struct skep_run *run = j->no % 2 ? run_enter(j->m->rt) : NULL;

		if (i < STABLE || test_random(&s) % 2)
			j->m->type->update(j->m, &k, v, 0, run);
		else
			j->m->type->remove(j->m, &k, run);
		if (run)
			run_leave(run);
	}
	return NULL;
}

static void *look_up(void *arg)
{
	struct job *j = arg;
	u64 s = 0x7654321 + j->no, v[2];

	for (u32 n = 0; n < ROUNDS; n++) {
		u32 i = test_random(&s) % KEYS;
		struct big_key k = key_of(i);
		int err = map_sys_lookup(j->m, &k, v, 0);

		if (i < STABLE && (err || !j->m->type->lookup(j->m, &k, NULL)))
			j->problem = "a key that was always there was missed";
		if (!err && (v[0] != i || v[1] != ~(u64)i))
			j->problem = "the value of another key";
	}
	return NULL;
}

static void *walk(void *arg)
{
	struct job *j = arg;

	for (u32 n = 0; n < ROUNDS / 100; n++) {
		struct big_key k;
		u32 steps = 0;

		for (int err = map_sys_next_key(j->m, NULL, &k); !err && steps++ < 1000;
		     err = map_sys_next_key(j->m, &k, &k))
			if (k.w[0] >= KEYS || k.w[1] != ~k.w[0] ||
			    k.w[2] != k.w[0] * 0x9e3779b97f4a7c15ull)
				j->problem = "a torn key";
	}
	return NULL;
}

static u32 count_keys(struct skep_map *m)
{
	struct big_key k;
	u32 n = 0;

	for (int err = map_sys_next_key(m, NULL, &k); !err; err = map_sys_next_key(m, &k, &k))
		n++;
	return n;
}

TEST("hash: a key that stays is always found, with its own value, while all around it changes")
{
	struct skep_map *m = new_map(BPF_MAP_TYPE_HASH, 24, 16, KEYS);
	void *(*fn[])(void *) = { churn, churn, look_up, look_up, walk };
	struct job jobs[5];
	u64 v[2];

	for (u32 i = 0; i < STABLE; i++) {
		struct big_key k = key_of(i);

		REQUIRE(!map_sys_update(m, &k, (u64[]){ i, ~(u64)i }, 0));
	}
	for (u32 i = 0; i < 5; i++)
		jobs[i] = (struct job){ .m = m, .no = i };
	run_jobs(jobs, 5, fn);
	/* No element was lost: every key fits. */
	for (u32 i = 0; i < KEYS; i++) {
		struct big_key k = key_of(i);

		EXPECT_EQ(map_sys_update(m, &k, (u64[]){ i, ~(u64)i }, 0), 0);
		EXPECT_EQ(map_sys_lookup(m, &k, v, 0), 0);
	}
	EXPECT_EQ(count_keys(m), KEYS);
	struct big_key more = key_of(KEYS);
	EXPECT_EQ(map_sys_update(m, &more, v, 0), -E2BIG);
	map_unref(m);
}

static void *own_keys(void *arg)
{
	struct job *j = arg;

	/* Each thread's own keys: every operation's result is known. */
	for (u32 n = 0; n < ROUNDS; n++) {
		u32 i = j->no * 16 + n % 16;
		struct big_key k = key_of(i);
		u64 v[2] = { i, ~(u64)i };
		struct skep_run *run = run_enter(j->m->rt);

		if (j->m->type->update(j->m, &k, v, BPF_NOEXIST, run))
			j->problem = "insert failed";
		u64 *p = j->m->type->lookup(j->m, &k, run);
		if (!p || word_of(p, 0) != i)
			j->problem = "just inserted, not found";
		if (j->m->type->update(j->m, &k, v, BPF_EXIST, run))
			j->problem = "update failed";
		if (j->m->type->remove(j->m, &k, run))
			j->problem = "remove failed";
		if (j->m->type->lookup(j->m, &k, run))
			j->problem = "removed, found";
		run_leave(run);
	}
	return NULL;
}

TEST("hash: four threads fill and empty the same buckets, each with keys of its own")
{
	struct skep_map *m = new_map(BPF_MAP_TYPE_HASH, 24, 16, THREADS);
	void *(*fn[])(void *) = { own_keys, own_keys, own_keys, own_keys };
	struct job jobs[THREADS];

	for (u32 i = 0; i < THREADS; i++)
		jobs[i] = (struct job){ .m = m, .no = i };
	run_jobs(jobs, THREADS, fn);
	EXPECT_EQ(count_keys(m), 0);
	map_unref(m);
}

static void *lru_churn(void *arg)
{
	struct job *j = arg;
	u64 s = 99 + j->no, v[2];

	for (u32 n = 0; n < ROUNDS; n++) {
		u32 i = test_random(&s) % 500;
		struct big_key k = key_of(i);
		struct skep_run *run = j->no % 2 ? run_enter(j->m->rt) : NULL;

		v[0] = i;
		v[1] = ~(u64)i;
		if (j->m->type->update(j->m, &k, v, 0, run))
			j->problem = "an insert failed";
		if (run)
			run_leave(run);
		if (!map_sys_lookup(j->m, &k, v, 0) && (v[0] != i || v[1] != ~(u64)i))
			j->problem = "the value of another key";
		if (n % 16 == 0)
			map_sys_delete(j->m, &k);
	}
	return NULL;
}

TEST("LRU hash: no insert fails, however small the map and many the threads")
{
	static const u32 sizes[] = { 1, 2, 7, 64 };

	for (u32 s = 0; s < ARRAY_SIZE(sizes); s++) {
		struct skep_map *m = new_map(BPF_MAP_TYPE_LRU_HASH, 24, 16, sizes[s]);
		void *(*fn[])(void *) = { lru_churn, lru_churn, lru_churn };
		struct job jobs[3];

		for (u32 i = 0; i < 3; i++)
			jobs[i] = (struct job){ .m = m, .no = i };
		run_jobs(jobs, 3, fn);
		EXPECT(count_keys(m) <= sizes[s]);
		map_unref(m);
	}
}

TEST("LRU hash: what is looked up stays, what is not goes first")
{
	struct skep_map *m = new_map(BPF_MAP_TYPE_LRU_HASH, 4, 8, 100);
	u64 v = 0;
	u32 kept = 0;

	for (u32 k = 0; k < 100; k++)
		REQUIRE(!map_sys_update(m, &k, &v, 0));
	for (u32 k = 100; k < 1000; k++) {
		for (u32 hot = 0; hot < 10; hot++)
			m->type->lookup(m, &hot, NULL);
		REQUIRE(!map_sys_update(m, &k, &v, 0));
	}
	for (u32 k = 0; k < 10; k++)
		kept += !!m->type->lookup(m, &k, NULL);
	EXPECT_EQ(kept, 10);
	map_unref(m);
}

static void *percpu_add(void *arg)
{
	struct job *j = arg;

	for (u32 n = 0; n < ROUNDS; n++) {
		struct skep_run *run = run_enter(j->m->rt);
		u32 key = 0;
		u64 *v = j->m->type->lookup(j->m, &key, run);

		if (v) /* as programs count: no atomics, the slot is ours */
			++*v;
		else
			j->problem = "no value";
		run_leave(run);
	}
	return NULL;
}

TEST("per-CPU values: the slots' counts add up without atomics")
{
	static const u32 types[] = { BPF_MAP_TYPE_PERCPU_ARRAY, BPF_MAP_TYPE_PERCPU_HASH,
				     BPF_MAP_TYPE_LRU_PERCPU_HASH };

	for (u32 t = 0; t < ARRAY_SIZE(types); t++) {
		struct skep_map *m = new_map(types[t], 4, 8, 1);
		void *(*fn[])(void *) = { percpu_add, percpu_add, percpu_add };
		struct job jobs[3];
		u64 v[256] = { 0 }, sum = 0;
		u32 key = 0;

		REQUIRE(map_user_value_size(m) <= sizeof(v));
		REQUIRE(!map_sys_update(m, &key, v, 0));
		for (u32 i = 0; i < 3; i++)
			jobs[i] = (struct job){ .m = m, .no = i };
		run_jobs(jobs, 3, fn);
		REQUIRE(!map_sys_lookup(m, &key, v, 0));
		for (u32 i = 0; i < m->rt->nr_cpus; i++)
			sum += v[i];
		EXPECT_EQ(sum, 3 * ROUNDS);
		map_unref(m);
	}
}

TEST("a program's new per-CPU key is zero on the other slots")
{
	struct skep_map *m = new_map(BPF_MAP_TYPE_PERCPU_HASH, 4, 8, 1);
	u64 v[256];
	u32 key = 5;
	struct skep_run *run;

	memset(v, 0xff, sizeof(v));
	REQUIRE(!map_sys_update(m, &key, v, 0));
	REQUIRE(!map_sys_delete(m, &key));
	run = run_enter(m->rt);
	EXPECT_EQ(m->type->update(m, &key, v, 0, run), 0);
	u32 cpu = run->cpu;
	run_leave(run);
	REQUIRE(!map_sys_lookup(m, &key, v, 0));
	for (u32 i = 0; i < m->rt->nr_cpus; i++)
		EXPECT_EQ(v[i], i == cpu ? ~0ull : 0);
	map_unref(m);
}

static void *locked_add(void *arg)
{
	struct job *j = arg;
	u32 key = 0;

	for (u32 n = 0; n < ROUNDS; n++) {
		u64 *v = j->m->type->lookup(j->m, &key, NULL);

		map_lock_value(j->m, v);
		v[1] += 1;
		v[2] += 1;
		map_unlock_value(j->m, v);
	}
	return NULL;
}

static void *locked_read(void *arg)
{
	struct job *j = arg;
	u64 v[3];
	u32 key = 0;

	for (u32 n = 0; n < ROUNDS; n++) {
		if (map_sys_lookup(j->m, &key, v, BPF_F_LOCK))
			j->problem = "lookup failed";
		if (v[1] != v[2])
			j->problem = "a value in the middle of a change";
		if (v[0])
			j->problem = "the lock was copied out";
	}
	return NULL;
}

TEST("BPF_F_LOCK: readers never see a half-changed value")
{
	struct skep_map *m = new_map(BPF_MAP_TYPE_ARRAY, 4, 24, 1);
	void *(*fn[])(void *) = { locked_add, locked_add, locked_read };
	struct job jobs[3];
	u64 v[3];
	u32 key = 0;

	m->spin_lock_off = 0;
	m->record = calloc(1, sizeof(*m->record));
	REQUIRE(m->record);
	m->record->nr = 1;
	m->record->kinds = FIELD_SPIN_LOCK;
	m->record->field[0] = (struct btf_field){ .kind = FIELD_SPIN_LOCK, .size = 4 };
	for (u32 i = 0; i < 3; i++)
		jobs[i] = (struct job){ .m = m, .no = i };
	run_jobs(jobs, 3, fn);
	REQUIRE(!map_sys_lookup(m, &key, v, BPF_F_LOCK));
	EXPECT_EQ(v[1], 2 * ROUNDS);
	map_unref(m);
}
