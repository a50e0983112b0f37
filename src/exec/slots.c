/* CPU slots: who runs where.
 *
 * A slot is free if its epoch is even. Entering is one compare-and-exchange to odd, leaving one store
 * of the next even number; runtime_synchronize() waits for a change of every odd epoch it sees.
 *
 * When all slots are taken, threads queue. While somebody waits, nobody barges in: newcomers queue
 * too, and who leaves hands the slot, still odd, to the first in the queue. Leaving does not pay for
 * the store-load barrier that would make it certain to see a thread which queues at that very
 * moment; such a thread looks again after NAP_NS instead. */
#include "exec/slots.h"

#include <limits.h>
#include <linux/futex.h>
#include <sched.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "exec/run.h"

#define NAP_NS 1000000

struct run_waiter { /* lives on the waiting thread's stack, linked while wait_lock says so */
	struct run_waiter *next;
	struct skep_run *given; /* guarded by wait_lock */
	_Atomic u32 ready;	/* the futex */
};

/* What a thread remembers between runs: no state of an instance, only hints and its own identity. */
struct thread_memory {
	bool known;
	bool given; /* task was set by thread_set_task() */
	u32 slot;
	struct task_info task;
};
static _Thread_local struct thread_memory this_thread;

/* A child of fork() is another task. */
static void forget_thread(void)
{
	this_thread.known = false;
}

__attribute__((constructor)) static void forget_thread_on_fork(void)
{
	pthread_atfork(NULL, NULL, forget_thread);
}

static void learn_thread(struct thread_memory *t)
{
	int cpu = sched_getcpu();

	if (!t->known && cpu >= 0)
		t->slot = (u32)cpu;
	t->known = true;
	if (t->given)
		return;
	t->task.pid = (u32)syscall(SYS_gettid);
	t->task.tgid = (u32)getpid();
	t->task.uid = getuid();
	t->task.gid = getgid();
	prctl(PR_GET_NAME, t->task.comm);
}

void thread_set_task(const struct task_info *t)
{
	this_thread.given = t;
	this_thread.known = false;
	if (t)
		this_thread.task = *t;
}

/* Who runs; where runs are to repeat, numbers that the system gives anew each time are always 1. */
static void take_task(struct skep_run *run, const struct thread_memory *t)
{
	run->task = t->task;
	if (unlikely(run->rt->fixed_seed))
		run->task.pid = run->task.tgid = 1;
}

void run_set_task(struct skep_run *run, const struct task_info *t)
{
	if (!t) {
		learn_thread(&this_thread);
		t = &this_thread.task;
	}
	run->task = *t;
}

void slots_init(struct runtime *rt)
{
	pthread_mutex_init(&rt->wait_lock, NULL);
	pthread_mutex_init(&rt->pools_lock, NULL);
	pthread_mutex_init(&rt->tasks_lock, NULL);
	pthread_mutex_init(&rt->tracers_lock, NULL);
	rt->wait_last = &rt->wait_first;
}

void slots_done(struct runtime *rt)
{
	pthread_mutex_destroy(&rt->wait_lock);
	pthread_mutex_destroy(&rt->pools_lock);
	pthread_mutex_destroy(&rt->tasks_lock);
	pthread_mutex_destroy(&rt->tracers_lock);
}

static bool try_slot(struct skep_run *run)
{
	u64 epoch = atomic_load_explicit(&run->epoch, memory_order_relaxed);

	/* seq_cst: a program's loads must not come before the slot is seen as taken, or
	 * runtime_synchronize() could overlook it. */
	return !(epoch & 1) && atomic_compare_exchange_strong(&run->epoch, &epoch, epoch + 1);
}

static struct skep_run *try_slots(struct runtime *rt, u32 first)
{
	for (u32 i = 0; i < rt->nr_cpus; i++) {
		struct skep_run *run = &rt->runs[first];

		if (try_slot(run))
			return run;
		first = first + 1 < rt->nr_cpus ? first + 1 : 0;
	}
	return NULL;
}

static void futex_wait(_Atomic u32 *word, u32 value)
{
	struct timespec nap = { .tv_nsec = NAP_NS };

	syscall(SYS_futex, word, FUTEX_WAIT_PRIVATE, value, &nap, NULL, 0);
}

static void futex_wake(_Atomic u32 *word)
{
	syscall(SYS_futex, word, FUTEX_WAKE_PRIVATE, INT_MAX, NULL, NULL, 0);
}

/* With wait_lock. Give run, which the caller owns, to the first that waits. The futex word may be gone
 * when it is woken (the waiter saw it change): a wake-up of a stranger is harmless. */
static bool give_to_waiter(struct runtime *rt, struct skep_run *run)
{
	struct run_waiter *w = rt->wait_first;

	if (!w)
		return false;
	rt->wait_first = w->next;
	if (!rt->wait_first)
		rt->wait_last = &rt->wait_first;
	atomic_fetch_sub(&rt->waiters, 1);
	/* The program that was running has ended: +2 tells runtime_synchronize(). */
	atomic_fetch_add(&run->epoch, 2);
	w->given = run;
	atomic_store_explicit(&w->ready, 1, memory_order_release);
	futex_wake(&w->ready);
	return true;
}

/* With wait_lock: free slots go to those who wait, in their order. */
static void serve_waiters(struct runtime *rt)
{
	struct skep_run *run;

	while (rt->wait_first && (run = try_slots(rt, 0)))
		give_to_waiter(rt, run);
}

static struct skep_run *wait_for_slot(struct runtime *rt)
{
	struct run_waiter w = { .next = NULL };

	pthread_mutex_lock(&rt->wait_lock);
	*rt->wait_last = &w;
	rt->wait_last = &w.next;
	atomic_fetch_add(&rt->waiters, 1);
	for (serve_waiters(rt); !w.given; serve_waiters(rt)) {
		pthread_mutex_unlock(&rt->wait_lock);
		futex_wait(&w.ready, 0);
		pthread_mutex_lock(&rt->wait_lock);
	}
	pthread_mutex_unlock(&rt->wait_lock);
	return w.given;
}

struct skep_run *run_enter(struct runtime *rt)
{
	struct thread_memory *t = &this_thread;
	struct skep_run *run = NULL;
	u32 first;

	if (unlikely(!t->known))
		learn_thread(t);
	first = rt->fixed_seed || t->slot >= rt->nr_cpus ? 0 : t->slot;
	if (likely(!atomic_load_explicit(&rt->waiters, memory_order_relaxed)))
		run = likely(try_slot(&rt->runs[first])) ? &rt->runs[first] : try_slots(rt, first);
	if (unlikely(!run))
		run = wait_for_slot(rt);
	t->slot = run->cpu;
	take_task(run, t);
	return run;
}

struct skep_run *run_enter_on(struct runtime *rt, u32 cpu)
{
	struct skep_run *run = &rt->runs[cpu];
	struct timespec nap = { .tv_nsec = NAP_NS };

	while (!try_slot(run))
		nanosleep(&nap, NULL);
	learn_thread(&this_thread);
	take_task(run, &this_thread);
	return run;
}

static bool hand_over(struct skep_run *run)
{
	struct runtime *rt = run->rt;
	bool given;

	pthread_mutex_lock(&rt->wait_lock);
	given = give_to_waiter(rt, run);
	pthread_mutex_unlock(&rt->wait_lock);
	return given;
}

void run_leave(struct skep_run *run)
{
	struct runtime *rt = run->rt;
	u64 epoch = atomic_load_explicit(&run->epoch, memory_order_relaxed);

	if (unlikely(atomic_load_explicit(&rt->waiters, memory_order_relaxed)) && hand_over(run))
		return;
	/* release: what the program did comes before the slot is seen as free. */
	atomic_store_explicit(&run->epoch, epoch + 1, memory_order_release);
}

static void wait_for_change(struct skep_run *run, u64 epoch)
{
	struct timespec nap = { .tv_nsec = 1000 };

	for (u32 i = 0; atomic_load_explicit(&run->epoch, memory_order_acquire) == epoch; i++) {
		if (i < 100)
			continue; /* most programs end within a microsecond */
		nanosleep(&nap, NULL);
		nap.tv_nsec = MIN(nap.tv_nsec * 2, NAP_NS);
	}
}

void runtime_synchronize(struct runtime *rt)
{
	for (u32 cpu = 0; cpu < rt->nr_cpus; cpu++) {
		/* A read-modify-write, not a load: a slot entered later has read this very value and so
		 * sees all that the caller did before. */
		u64 epoch = atomic_fetch_add(&rt->runs[cpu].epoch, 0);

		if (epoch & 1)
			wait_for_change(&rt->runs[cpu], epoch);
	}
}
