/* ns per operation of the map types, as helpers call them. Usage: maps [million operations]
 * Each number is the median of 9 rounds. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "exec/run.h"
#include "map/map.h"

#define N      65536
#define ROUNDS 9

static struct runtime rt;
static struct skep_run *run;
static u32 order[N]; /* a permutation, to defeat the prefetcher */
static u64 ops = 1000000;

static double now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1e9 + t.tv_nsec;
}

static int compare(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return x < y ? -1 : x > y;
}

static struct skep_map *make(u32 type, u32 key, u32 value, u32 n)
{
	struct map_attr a = {
		.type = type,
		.key_size = key,
		.value_size = value,
		.max_entries = n,
		.flags = type == BPF_MAP_TYPE_LPM_TRIE ? BPF_F_NO_PREALLOC : 0,
	};
	struct skep_map *m;

	if (map_new(&rt, &a, &m)) {
		fprintf(stderr, "no map of type %u\n", type);
		exit(1);
	}
	return m;
}

static void fill(struct skep_map *m, u32 n)
{
	u64 value[16] = { 0 };

	for (u64 i = 0; i < n; i++) {
		u64 key[16] = { i };

		if (m->type->update(m, key, value, 0, run))
			fprintf(stderr, "update of %s failed\n", m->type->name);
	}
}

static void shuffle(void)
{
	u64 s = 88172645463325252ull;

	for (u32 i = 0; i < N; i++)
		order[i] = i;
	for (u32 i = N - 1; i; i--) {
		s ^= s << 13, s ^= s >> 7, s ^= s << 17;
		u32 j = s % (i + 1), t = order[i];

		order[i] = order[j];
		order[j] = t;
	}
}

typedef u64 (*bench_fn)(struct skep_map *m, u64 n);

static u64 lookup_hot(struct skep_map *m, u64 n)
{
	void *(*lookup)(struct skep_map *, const void *, struct skep_run *) = m->type->lookup;
	u64 key[16] = { 7 }, sum = 0;

	for (u64 i = 0; i < n; i++) {
		key[0] = i & 15;
		sum += (uintptr_t)lookup(m, key, run);
	}
	return sum;
}

static u64 lookup_random(struct skep_map *m, u64 n)
{
	void *(*lookup)(struct skep_map *, const void *, struct skep_run *) = m->type->lookup;
	u64 key[16] = { 0 }, sum = 0;

	for (u64 i = 0; i < n; i++) {
		key[0] = order[i % N];
		sum += *(u64 *)lookup(m, key, run);
	}
	return sum;
}

static u64 lookup_miss(struct skep_map *m, u64 n)
{
	u64 key[16] = { 0 }, sum = 0;

	for (u64 i = 0; i < n; i++) {
		key[0] = N + (i & 1023);
		sum += (uintptr_t)m->type->lookup(m, key, run);
	}
	return sum;
}

static u64 update_hot(struct skep_map *m, u64 n)
{
	u64 key[16] = { 0 }, value[16] = { 0 };

	for (u64 i = 0; i < n; i++) {
		key[0] = i & 15;
		value[0] = i;
		m->type->update(m, key, value, 0, run);
	}
	return 0;
}

static u64 update_random(struct skep_map *m, u64 n)
{
	u64 key[16] = { 0 }, value[16] = { 0 };

	for (u64 i = 0; i < n; i++) {
		key[0] = order[i % N];
		m->type->update(m, key, value, 0, run);
	}
	return 0;
}

static u64 delete_insert(struct skep_map *m, u64 n)
{
	u64 key[16] = { 0 }, value[16] = { 0 };

	for (u64 i = 0; i < n; i++) {
		key[0] = i & 1023;
		m->type->remove(m, key, run);
		m->type->update(m, key, value, 0, run);
	}
	return 0;
}

static u64 insert_evicting(struct skep_map *m, u64 n)
{
	static u64 fresh = 1u << 20;
	u64 key[16] = { 0 }, value[16] = { 0 };

	for (u64 i = 0; i < n; i++) {
		key[0] = fresh++;
		m->type->update(m, key, value, 0, run);
	}
	return 0;
}

/* Prefixes of 16 to 32 bits, and an address below each of them, in the order of `order`. */
#define LPM_N 8192
static struct {
	u32 len, addr;
} lpm_prefix[LPM_N], lpm_key[LPM_N];

static void lpm_fill(struct skep_map *m)
{
	u64 s = 88172645463325252ull, value = 0;

	for (u32 i = 0; i < LPM_N; i++) {
		u32 addr, below;

		s ^= s << 13, s ^= s >> 7, s ^= s << 17;
		addr = s >> 32;
		lpm_prefix[i].len = 16 + s % 17;
		below = lpm_prefix[i].len == 32 ? 0 : (u32)s & ~0u >> lpm_prefix[i].len;
		lpm_prefix[i].addr = __builtin_bswap32(addr);
		lpm_key[i].len = 32;
		lpm_key[i].addr = __builtin_bswap32(addr ^ below);
		if (m->type->update(m, &lpm_prefix[i], &value, 0, run))
			fprintf(stderr, "update of %s failed\n", m->type->name);
	}
}

static u64 lpm_lookup(struct skep_map *m, u64 n)
{
	u64 sum = 0;

	for (u64 i = 0; i < n; i++)
		sum += *(u64 *)m->type->lookup(m, &lpm_key[i % LPM_N], run);
	return sum;
}

static u64 lpm_lookup_any(struct skep_map *m, u64 n)
{
	struct {
		u32 len, addr;
	} key = { 32, 1 };
	u64 sum = 0;

	for (u64 i = 0; i < n; i++) {
		key.addr = key.addr * 1664525 + 1013904223;
		sum += (uintptr_t)m->type->lookup(m, &key, run);
	}
	return sum;
}

static u64 lpm_replace(struct skep_map *m, u64 n)
{
	u64 value = 0;

	for (u64 i = 0; i < n; i++)
		m->type->update(m, &lpm_prefix[i % LPM_N], &value, 0, run);
	return 0;
}

static u64 lpm_delete_insert(struct skep_map *m, u64 n)
{
	u64 value = 0;

	for (u64 i = 0; i < n; i++) {
		m->type->remove(m, &lpm_prefix[i % LPM_N], run);
		m->type->update(m, &lpm_prefix[i % LPM_N], &value, 0, run);
	}
	return 0;
}

/* Consume as a reader would that is never quite done: every 64 records, all but the last. */
static u64 produce(struct skep_map *m, u64 n, u64 flags)
{
	_Atomic u64 *consumer = m->seg.base, *producer = (void *)((char *)m->seg.base + 4096);

	for (u64 i = 0; i < n; i++) {
		u64 *r = ringbuf_reserve(m, 16, 0);

		if (r) {
			r[0] = i;
			ringbuf_commit(run, r, flags, false);
		}
		if (i % 64 == 63)
			atomic_store(consumer, atomic_load(producer) - 24);
	}
	return 0;
}

static u64 reserve_submit(struct skep_map *m, u64 n)
{
	return produce(m, n, 0);
}

static u64 reserve_submit_quiet(struct skep_map *m, u64 n)
{
	return produce(m, n, BPF_RB_NO_WAKEUP);
}

static void bench(const char *what, struct skep_map *m, bench_fn fn)
{
	static volatile u64 sink;
	double t[ROUNDS];

	for (u32 i = 0; i < ROUNDS; i++) {
		double start = now();

		sink += fn(m, ops / ROUNDS);
		t[i] = (now() - start) / (ops / ROUNDS);
	}
	qsort(t, ROUNDS, sizeof(t[0]), compare);
	printf("%-16s key %2u value %3u  %-16s %6.1f ns (best %.1f)\n", m->type->name, m->key_size,
	       m->value_size, what, t[ROUNDS / 2], t[0]);
}

static void bench_table(u32 type, u32 key, u32 value)
{
	struct skep_map *m = make(type, key, value, N);

	fill(m, N);
	bench("lookup hot", m, lookup_hot);
	bench("lookup random", m, lookup_random);
	if (type != BPF_MAP_TYPE_ARRAY && type != BPF_MAP_TYPE_PERCPU_ARRAY) {
		bench("lookup miss", m, lookup_miss);
		bench("delete + insert", m, delete_insert);
	}
	bench("update hot", m, update_hot);
	bench("update random", m, update_random);
	if (type == BPF_MAP_TYPE_LRU_HASH)
		bench("insert, evicting", m, insert_evicting);
	map_unref(m);
}

static void bench_lpm(void)
{
	struct skep_map *m = make(BPF_MAP_TYPE_LPM_TRIE, 8, 8, LPM_N);

	lpm_fill(m);
	bench("lookup, 8192 /16-/32", m, lpm_lookup);
	bench("lookup, any address", m, lpm_lookup_any);
	bench("replace", m, lpm_replace);
	bench("delete + insert", m, lpm_delete_insert);
	map_unref(m);
}

int main(int argc, char **argv)
{
	struct skep_map *ring;

	if (argc > 1)
		ops = strtoull(argv[1], NULL, 10) * 1000000;
	if (runtime_init(&rt, NULL))
		return 1;
	run = run_enter(&rt);
	shuffle();
	bench_table(BPF_MAP_TYPE_ARRAY, 4, 8);
	bench_table(BPF_MAP_TYPE_PERCPU_ARRAY, 4, 8);
	bench_table(BPF_MAP_TYPE_HASH, 4, 8);
	bench_table(BPF_MAP_TYPE_HASH, 8, 8);
	bench_table(BPF_MAP_TYPE_HASH, 16, 16);
	bench_table(BPF_MAP_TYPE_HASH, 40, 64);
	bench_table(BPF_MAP_TYPE_PERCPU_HASH, 4, 8);
	bench_table(BPF_MAP_TYPE_LRU_HASH, 4, 8);
	bench_lpm();
	ring = make(BPF_MAP_TYPE_RINGBUF, 0, 0, 65536);
	bench("reserve + submit", ring, reserve_submit);
	bench("… NO_WAKEUP", ring, reserve_submit_quiet);
	map_unref(ring);
	run_leave(run);
	runtime_done(&rt);
	return 0;
}
