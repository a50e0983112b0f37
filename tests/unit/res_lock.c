/* bpf_res_spin_lock between threads: exclusion, circles, time. Meant for TSan as well. */
#include "kfunc/res_lock.h"

#include <errno.h>
#include <pthread.h>
#include <time.h>

#include "test.h"

#define THREADS 3
#define ROUNDS	20000

struct world {
	struct runtime rt;
	_Atomic u32 lock[2];
	u64 guarded[2]; /* changed under its lock only */
	_Atomic u32 deadlocks, timeouts;
};

struct job {
	struct world *w;
	u32 first; /* the lock that it takes first */
};

/* Both locks in the thread's own order; what it could not take it leaves out. */
static void one_round(struct job *j, struct skep_run *run)
{
	struct world *w = j->w;
	u32 a = j->first, b = !a;
	int err = res_lock(run, &w->lock[a]);

	if (err) {
		atomic_fetch_add(err == -EDEADLK ? &w->deadlocks : &w->timeouts, 1);
		return;
	}
	w->guarded[a]++;
	err = res_lock(run, &w->lock[b]);
	if (err) {
		atomic_fetch_add(err == -EDEADLK ? &w->deadlocks : &w->timeouts, 1);
	} else {
		w->guarded[b]++;
		res_unlock(run, &w->lock[b]);
	}
	res_unlock(run, &w->lock[a]);
}

static void *rounds(void *arg)
{
	struct job *j = arg;

	for (u32 n = 0; n < ROUNDS; n++) {
		struct skep_run *run = run_enter(&j->w->rt);

		one_round(j, run);
		EXPECT_EQ(atomic_load(&run->nr_locks), 0u);
		run_leave(run);
	}
	return NULL;
}

TEST("threads that take two locks in different orders all come to an end, and no change is lost")
{
	static struct world w;
	struct job jobs[THREADS];
	pthread_t t[THREADS];
	u64 most = 2ull * THREADS * ROUNDS;

	REQUIRE(!runtime_init(&w.rt, &(struct skep_options){ .nr_cpus = THREADS }));
	for (u32 n = 0; n < THREADS; n++) {
		jobs[n] = (struct job){ &w, n % 2 };
		REQUIRE(!pthread_create(&t[n], NULL, rounds, &jobs[n]));
	}
	for (u32 n = 0; n < THREADS; n++)
		pthread_join(t[n], NULL);
	/* A round whose first lock failed misses both, else one change per failure. */
	EXPECT(w.guarded[0] + w.guarded[1] <= most - w.deadlocks - w.timeouts &&
		       w.guarded[0] + w.guarded[1] >= most - 2 * (w.deadlocks + w.timeouts),
	       "%llu changes, %u deadlocks, %u timeouts",
	       (unsigned long long)(w.guarded[0] + w.guarded[1]), w.deadlocks, w.timeouts);
	EXPECT_EQ(w.lock[0] + w.lock[1], 0u);
	runtime_done(&w.rt);
}

TEST("the same lock again is a deadlock at once")
{
	static struct world w;
	struct skep_run *run;

	REQUIRE(!runtime_init(&w.rt, &(struct skep_options){ .nr_cpus = 2 }));
	run = run_enter(&w.rt);
	EXPECT_EQ(res_lock(run, &w.lock[0]), 0);
	EXPECT_EQ(res_lock(run, &w.lock[0]), -EDEADLK);
	EXPECT_EQ(res_lock(run, &w.lock[1]), 0);
	EXPECT_EQ(res_lock(run, &w.lock[0]), -EDEADLK);
	res_unlock(run, &w.lock[1]);
	res_unlock(run, &w.lock[0]);
	run_leave(run);
	runtime_done(&w.rt);
}

struct pair {
	struct world *w;
	pthread_barrier_t *both;
	u32 first;
	int result;
};

static void *cross(void *arg)
{
	struct pair *p = arg;
	struct skep_run *run = run_enter(&p->w->rt);

	EXPECT_EQ(res_lock(run, &p->w->lock[p->first]), 0);
	pthread_barrier_wait(p->both);
	p->result = res_lock(run, &p->w->lock[!p->first]);
	if (!p->result)
		res_unlock(run, &p->w->lock[!p->first]);
	res_unlock(run, &p->w->lock[p->first]);
	run_leave(run);
	return NULL;
}

TEST("two runs that wait for each other's lock: one of them is told, soon")
{
	static struct world w;
	struct timespec begin, end;
	pthread_barrier_t both;
	struct pair p[2];
	pthread_t t[2];

	REQUIRE(!runtime_init(&w.rt, &(struct skep_options){ .nr_cpus = 2 }));
	pthread_barrier_init(&both, NULL, 2);
	clock_gettime(CLOCK_MONOTONIC, &begin);
	for (u32 n = 0; n < 2; n++) {
		p[n] = (struct pair){ &w, &both, n, 1 };
		REQUIRE(!pthread_create(&t[n], NULL, cross, &p[n]));
	}
	for (u32 n = 0; n < 2; n++)
		pthread_join(t[n], NULL);
	clock_gettime(CLOCK_MONOTONIC, &end);
	EXPECT(p[0].result == -EDEADLK || p[1].result == -EDEADLK, "%d and %d", p[0].result,
	       p[1].result);
	EXPECT(p[0].result != -ETIMEDOUT && p[1].result != -ETIMEDOUT, "after %ld s",
	       (long)(end.tv_sec - begin.tv_sec));
	pthread_barrier_destroy(&both);
	runtime_done(&w.rt);
}

TEST("a lock that nobody gives back: waiting ends")
{
	static struct world w;
	struct skep_run *run;

	REQUIRE(!runtime_init(&w.rt, &(struct skep_options){ .nr_cpus = 2 }));
	atomic_store(&w.lock[0], 1);
	run = run_enter(&w.rt);
	EXPECT_EQ(res_lock(run, &w.lock[0]), -ETIMEDOUT);
	EXPECT_EQ(atomic_load(&run->nr_locks), 0u);
	run_leave(run);
	runtime_done(&w.rt);
}
