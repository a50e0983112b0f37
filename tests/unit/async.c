/* Timers of map values, without a program: what is called when, and who holds what. Meant for TSan as well. */
#include "maps.h"

#include <pthread.h>
#include <time.h>

#include "btf/record.h"
#include "exec/prog.h"
#include "map/async.h"

#if defined(__SANITIZE_THREAD__) || defined(__SANITIZE_ADDRESS__)
#define ROUNDS 1000
#else
#define ROUNDS 5000
#endif
#define KEYS 3

struct value {
	u64 timer[2];
	_Atomic u64 calls, running, again, alone;
};

struct world {
	struct runtime rt;
	struct skep_map *m;
	struct skep_prog prog;
};

static void never_freed(struct object *o)
{
	(void)o;
}

static void begin(struct world *w, u32 type)
{
	struct map_attr a = attr_of(type, 4, sizeof(struct value), KEYS, 0);

	memset(w, 0, sizeof(*w));
	if (runtime_init(&w->rt, &(struct skep_options){ .nr_cpus = 4 }) ||
	    map_new(&w->rt, &a, &w->m))
		abort();
	w->m->record = calloc(1, sizeof(*w->m->record));
	w->m->record->nr = 1;
	w->m->record->kinds = FIELD_TIMER;
	w->m->record->field[0] = (struct btf_field){ .kind = FIELD_TIMER, .size = 16 };
	w->m->record->spin_lock_off = w->m->record->res_spin_lock_off = -1;
	object_user_get(&w->m->obj);
	object_init(&w->prog.obj, OBJECT_PROG, never_freed);
	for (u32 k = 0; k < KEYS; k++)
		EXPECT_EQ(map_sys_update(w->m, &k, &(struct value){ 0 }, 0), 0);
}

static void end(struct world *w)
{
	async_stop(&w->rt);
	map_unref(w->m);
	EXPECT_EQ(atomic_load(&w->prog.obj.refs), 1u);
	async_done(&w->rt);
	runtime_done(&w->rt);
}

static u64 fire(struct skep_run *run, u64 fn, u64 map, u64 key, u64 value, u64 a4, u64 a5)
{
	struct value *v = (struct value *)(uintptr_t)value;
	u32 k;

	(void)a4;
	(void)a5;
	memcpy(&k, (void *)(uintptr_t)key, sizeof(k));
	EXPECT(k < KEYS && run->prog && map, "key %u", k);
	EXPECT_EQ(fn, 77u);
	EXPECT_EQ(atomic_exchange(&v->running, 1), 0u);
	atomic_fetch_add(&v->calls, 1);
	if (atomic_load(&v->again)) {
		if (atomic_load(&v->alone))
			EXPECT_EQ(async_cancel(run, v->timer), -EDEADLK);
		atomic_fetch_sub(&v->again, 1);
		async_start(run, v->timer, 0, false, -1);
	}
	atomic_store(&v->running, 0);
	return 0;
}

static struct value *value_of(struct world *w, u32 key)
{
	return w->m->type->lookup(w->m, &key, NULL);
}

/* What a program does, on a slot. */
static int arm(struct world *w, struct value *v, u64 ns)
{
	struct skep_run *run = run_enter(&w->rt);
	int err;

	run->callback = fire;
	async_init(w->m, v->timer, 0, ASYNC_TIMER, CLOCK_MONOTONIC);
	err = async_set_callback(&w->rt, v->timer, &w->prog, 77, run)
		      ?: async_start(run, v->timer, ns, false, -1);
	run_leave(run);
	return err;
}

static int cancel(struct world *w, struct value *v)
{
	struct skep_run *run = run_enter(&w->rt);
	int ret = async_cancel(run, v->timer);

	run_leave(run);
	return ret;
}

static void sleep_ms(u32 ms)
{
	nanosleep(&(struct timespec){ .tv_nsec = ms * 1000000L }, NULL);
}

/* Waits up to some seconds: machines may be busy. */
static u64 calls(struct value *v, u64 at_least)
{
	for (u32 n = 0; n < 5000 && atomic_load(&v->calls) < at_least; n++)
		sleep_ms(1);
	return atomic_load(&v->calls);
}

TEST("a timer fires for its key, once, and as often as it arms itself")
{
	static struct world w;
	struct value *v;

	begin(&w, BPF_MAP_TYPE_HASH);
	v = value_of(&w, 1);
	EXPECT_EQ(arm(&w, v, 1000), 0);
	EXPECT_EQ(calls(v, 1), 1u);
	atomic_store(&v->again, 3);
	atomic_store(&v->alone, 1);
	EXPECT_EQ(arm(&w, v, 0), 0);
	EXPECT_EQ(calls(v, 5), 5u);
	EXPECT_EQ(cancel(&w, v), 0);
	end(&w);
}

TEST("those that are due first come first, whenever they were armed")
{
	static struct world w;
	u64 seen[KEYS];

	begin(&w, BPF_MAP_TYPE_ARRAY);
	for (u32 k = 0; k < KEYS; k++)
		EXPECT_EQ(arm(&w, value_of(&w, k), (KEYS - k) * 300000000ull), 0);
	calls(value_of(&w, KEYS - 1), 1);
	for (u32 k = 0; k < KEYS; k++)
		seen[k] = atomic_load(&value_of(&w, k)->calls);
	EXPECT(seen[KEYS - 1] && !seen[0], "%llu %llu %llu", (unsigned long long)seen[0],
	       (unsigned long long)seen[1], (unsigned long long)seen[2]);
	EXPECT_EQ(calls(value_of(&w, 0), 1), 1u);
	end(&w);
}

TEST("a value that goes away takes its timer along; without clients none begins")
{
	static struct world w;
	struct value *v;
	u32 key = 2;

	begin(&w, BPF_MAP_TYPE_HASH);
	v = value_of(&w, key);
	EXPECT_EQ(arm(&w, v, 100000000), 0);
	EXPECT_EQ(map_sys_delete(w.m, &key), 0);
	EXPECT_EQ(cancel(&w, v), -EINVAL);
	sleep_ms(150);
	EXPECT_EQ(atomic_load(&v->calls), 0u);
	v = value_of(&w, 0);
	EXPECT_EQ(arm(&w, v, 100000000), 0);
	object_user_put(&w.m->obj);
	async_forget_all(w.m);
	EXPECT_EQ(arm(&w, v, 0), -EINVAL); /* not initialised, and cannot be */
	sleep_ms(150);
	EXPECT_EQ(atomic_load(&v->calls), 0u);
	end(&w);
}

TEST("an instance that ends disarms what is armed")
{
	static struct world w;

	begin(&w, BPF_MAP_TYPE_ARRAY);
	for (u32 k = 0; k < KEYS; k++)
		EXPECT_EQ(arm(&w, value_of(&w, k), k * 1000000000ull), 0);
	end(&w);
}

struct job {
	struct world *w;
	u32 key;
};

/* Nobody else uses this key's timer: after it was cancelled it does not run. */
static void *own(void *arg)
{
	const struct job *j = arg;

	for (u32 n = 0; n < ROUNDS; n++) {
		struct value *v = value_of(j->w, j->key);

		atomic_store(&v->again, n % 3);
		EXPECT_EQ(arm(j->w, v, n % 7 * 1000), 0);
		EXPECT(cancel(j->w, v) >= 0, "cancelled");
		EXPECT_EQ(atomic_load(&v->running), 0u);
	}
	return NULL;
}

/* Everybody uses this one. */
static void *share(void *arg)
{
	const struct job *j = arg;

	for (u32 n = 0; n < ROUNDS; n++) {
		struct value *v = value_of(j->w, 0);

		if (!v)
			continue;
		if (n % 3)
			arm(j->w, v, 0);
		else
			cancel(j->w, v);
		if (n % 11 == 0)
			map_sys_update(j->w->m, &(u32){ 0 }, &(struct value){ 0 }, 0);
	}
	return NULL;
}

static void run_jobs(struct world *w, void *(*fn)(void *))
{
	struct job jobs[KEYS];
	pthread_t t[KEYS];

	for (u32 k = 0; k < KEYS; k++) {
		jobs[k] = (struct job){ w, k };
		REQUIRE(!pthread_create(&t[k], NULL, fn, &jobs[k]));
	}
	for (u32 k = 0; k < KEYS; k++)
		pthread_join(t[k], NULL);
}

TEST("many threads arm and cancel; who has cancelled finds nothing running")
{
	static struct world w;

	begin(&w, BPF_MAP_TYPE_ARRAY);
	run_jobs(&w, own);
	end(&w);
}

TEST("many threads arm, cancel and replace the same value")
{
	static struct world w;

	begin(&w, BPF_MAP_TYPE_HASH);
	run_jobs(&w, share);
	end(&w);
}
