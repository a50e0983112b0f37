/* See res_lock.h. Who takes a lock first writes it into its run's list of locks, behind those that the run holds.
 * Whoever waits looks there: is the lock its own (AA)? Does another run hold it and wait, in its last
 * entry, for one that this run holds (ABBA)? Longer circles end by time.
 *
 * Sound because: only the run's own thread writes its list, an entry before the count that makes it visible; what another
 * thread reads there may be old, but then it sees a circle that was: both locks were held by those who wait for
 * the other's, and neither can have gone on since, or one that is closed by nobody, which ends by time. */
#include "kfunc/res_lock.h"

#include <errno.h>
#include <sched.h>
#include <time.h>

#include "helper/helper.h"
#include "kfunc/fns.h"

#define TIMEOUT_NS	   250000000 /* Linux's */
#define SPINS_BEFORE_LOOK  64
#define LOOKS_BEFORE_YIELD 2

static u64 now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (u64)t.tv_sec * 1000000000 + (u64)t.tv_nsec;
}

static bool try_lock(_Atomic u32 *word)
{
	return !atomic_load_explicit(word, memory_order_relaxed) &&
	       !atomic_exchange_explicit(word, 1, memory_order_acquire);
}

/* In the first n entries of run's list? */
static bool lists(const struct skep_run *run, const _Atomic u32 *word, u32 n)
{
	for (u32 i = 0; i < n && i < SKEP_MAX_LOCKS; i++)
		if (atomic_load_explicit(&run->locks[i], memory_order_relaxed) == word)
			return true;
	return false;
}

/* Does somebody hold word and wait for one of the n locks that run holds? */
static bool is_circle(const struct skep_run *run, const _Atomic u32 *word, u32 n)
{
	const struct runtime *rt = run->rt;

	for (u32 cpu = 0; n && cpu < rt->nr_cpus; cpu++) {
		const struct skep_run *other = &rt->runs[cpu];
		u32 m = atomic_load_explicit(&other->nr_locks, memory_order_acquire);

		if (other == run || m < 2 || m > SKEP_MAX_LOCKS || !lists(other, word, m - 1))
			continue;
		/* Held by run, so other waits for it. */
		if (lists(run, atomic_load_explicit(&other->locks[m - 1], memory_order_relaxed), n))
			return true;
	}
	return false;
}

static int wait_for(struct skep_run *run, _Atomic u32 *word, u32 n)
{
	u64 end = now() + TIMEOUT_NS;

	for (u32 looks = 1;; looks++) {
		for (u32 spins = 0; spins < SPINS_BEFORE_LOOK; spins++)
			if (try_lock(word))
				return 0;
		if (is_circle(run, word, n))
			return -EDEADLK;
		if (now() > end)
			return -ETIMEDOUT;
		if (looks % LOOKS_BEFORE_YIELD == 0)
			sched_yield();
	}
}

int res_lock(struct skep_run *run, _Atomic u32 *word)
{
	u32 n = atomic_load_explicit(&run->nr_locks, memory_order_relaxed);
	int err = 0;

	if (lists(run, word, n))
		return -EDEADLK;
	if (n < SKEP_MAX_LOCKS)
		atomic_store_explicit(&run->locks[n], word, memory_order_relaxed);
	/* release: with the count the entry is there. */
	atomic_store_explicit(&run->nr_locks, n + 1, memory_order_release);
	if (!try_lock(word))
		err = wait_for(run, word, n);
	if (err)
		atomic_store_explicit(&run->nr_locks, n, memory_order_release);
	return err;
}

void res_unlock(struct skep_run *run, _Atomic u32 *word)
{
	u32 n = atomic_load_explicit(&run->nr_locks, memory_order_relaxed);

	atomic_store_explicit(word, 0, memory_order_release);
	atomic_store_explicit(&run->nr_locks, n - 1, memory_order_release);
}

/* Errors are negative in all 64 bits: the verifier says so. Interrupts do not exist: flags (r2) stay as they are. */
KFUNC_FN(kfunc_res_spin_lock)
{
	return helper_result(res_lock(run, helper_ptr(r1)));
}

KFUNC_FN(kfunc_res_spin_unlock)
{
	res_unlock(run, helper_ptr(r1));
	return 0;
}
