/* Who is due next, and the thread that calls them. See async.h. */
#include "map/async_queue.h"

#include <signal.h>
#include <stdlib.h>
#include <time.h>

#include "base/err.h"
#include "exec/prog.h"

/* --- the heap --- */

static bool before(const struct async *a, const struct async *b)
{
	return a->due != b->due ? a->due < b->due : a->order < b->order;
}

static void put_at(struct async_queue *q, u32 i, struct async *a)
{
	q->heap[i] = a;
	a->place = i;
}

static void rise(struct async_queue *q, u32 i, struct async *a)
{
	for (; i > 1 && before(a, q->heap[i / 2]); i /= 2)
		put_at(q, i, q->heap[i / 2]);
	put_at(q, i, a);
}

static void sink(struct async_queue *q, u32 i, struct async *a)
{
	for (;;) {
		u32 child = 2 * i;

		if (child < q->nr && before(q->heap[child + 1], q->heap[child]))
			child++;
		if (child > q->nr || !before(q->heap[child], a))
			break;
		put_at(q, i, q->heap[child]);
		i = child;
	}
	put_at(q, i, a);
}

void queue_disarm(struct async_queue *q, struct async *a)
{
	u32 i = a->place;
	struct async *last;

	if (!i)
		return;
	a->place = 0;
	last = q->heap[q->nr--];
	if (last == a)
		return;
	if (i > 1 && before(last, q->heap[i / 2]))
		rise(q, i, last);
	else
		sink(q, i, last);
}

/* --- the thread --- */

static u64 now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (u64)t.tv_sec * 1000000000 + (u64)t.tv_nsec;
}

static void *serve(void *arg);

/* Signals are the application's. */
static int start_thread(struct async_queue *q)
{
	sigset_t all, old;
	int err;

	if (q->started || q->stop)
		return 0;
	sigfillset(&all);
	pthread_sigmask(SIG_BLOCK, &all, &old);
	err = pthread_create(&q->thread, NULL, serve, q->rt);
	pthread_sigmask(SIG_SETMASK, &old, NULL);
	q->started = !err;
	return -err;
}

void queue_drop(struct async_queue *q, struct skep_prog *p)
{
	if (!p)
		return;
	if (q->nr_dropped == q->cap_dropped) {
		u32 cap = q->cap_dropped ? 2 * q->cap_dropped : 16;
		struct skep_prog **d = realloc(q->dropped, cap * sizeof(struct skep_prog *));

		if (!d)
			return; /* it stays until the instance ends: better than to wait here */
		q->dropped = d;
		q->cap_dropped = cap;
	}
	q->dropped[q->nr_dropped++] = p;
	(void)start_thread(q); /* if there is none, it stays as well */
	pthread_cond_signal(&q->work);
}

void queue_let_go(struct async_queue *q)
{
	while (q->nr_dropped) {
		struct skep_prog *p = q->dropped[--q->nr_dropped];

		pthread_mutex_unlock(&q->lock);
		prog_unref(p);
		pthread_mutex_lock(&q->lock);
	}
}

void queue_put(struct async_queue *q, struct async *a)
{
	if (a->dead && !a->waiters && q->running != a)
		free(a);
}

/* What a callback needs, taken with the lock. */
struct call {
	struct skep_map *m;
	struct skep_prog *p;
	callback_fn *enter;
	u64 fn;
	char *value;
	int cpu;
};

static void call_back(struct runtime *rt, const struct call *c)
{
	struct skep_run *run = c->cpu < 0 ? run_enter(rt) : run_enter_on(rt, (u32)c->cpu);
	u32 index;
	const void *key = c->m->type->key_of(c->m, c->value, &index);

	prog_call(c->p, c->enter, c->fn, (uintptr_t)c->m, (uintptr_t)key, (uintptr_t)c->value, run);
	run_leave(run);
}

/* a is due. */
static void run_one(struct runtime *rt, struct async_queue *q, struct async *a)
{
	struct call c = { a->m, a->prog, a->enter, a->fn, a->value, a->cpu };

	queue_disarm(q, a);
	if (!c.p || !object_try_ref(&c.m->obj)) /* the map is on its way out */
		return;
	prog_ref(c.p);
	q->running = a;
	pthread_mutex_unlock(&q->lock);
	call_back(rt, &c);
	map_unref(c.m);
	prog_unref(c.p);
	pthread_mutex_lock(&q->lock);
	q->running = NULL;
	pthread_cond_broadcast(&q->idle);
	queue_put(q, a);
}

static void wait_for(struct async_queue *q, u64 due)
{
	struct timespec t = { .tv_sec = (time_t)(due / 1000000000),
			      .tv_nsec = (long)(due % 1000000000) };

	pthread_cond_timedwait(&q->work, &q->lock, &t);
}

static void *serve(void *arg)
{
	struct runtime *rt = arg;
	struct async_queue *q = rt->async;

	pthread_mutex_lock(&q->lock);
	while (!q->stop) {
		queue_let_go(q);
		if (q->stop || q->nr_dropped)
			continue;
		if (!q->nr)
			pthread_cond_wait(&q->work, &q->lock);
		else if (q->heap[1]->due > now())
			wait_for(q, q->heap[1]->due);
		else
			run_one(rt, q, q->heap[1]);
	}
	pthread_mutex_unlock(&q->lock);
	return NULL;
}

int queue_arm(struct async_queue *q, struct async *a, u64 due)
{
	if (q->stop)
		return -EINVAL;
	TRY(start_thread(q));
	queue_disarm(q, a);
	if (q->nr + 1 >= q->cap) {
		u32 cap = q->cap ? 2 * q->cap : 64;
		struct async **heap = realloc(q->heap, cap * sizeof(*heap));

		if (!heap)
			return -ENOMEM;
		q->heap = heap;
		q->cap = cap;
	}
	a->due = due;
	a->order = q->armed++;
	rise(q, ++q->nr, a);
	if (a->place == 1)
		pthread_cond_signal(&q->work);
	return 0;
}

/* --- life --- */

static struct async_queue *queue_new(struct runtime *rt)
{
	struct async_queue *q = calloc(1, sizeof(*q));
	pthread_condattr_t attr;

	if (!q)
		return NULL;
	q->rt = rt;
	pthread_mutex_init(&q->lock, NULL);
	pthread_condattr_init(&attr);
	pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
	pthread_cond_init(&q->work, &attr);
	pthread_cond_init(&q->idle, &attr);
	pthread_condattr_destroy(&attr);
	return q;
}

static void queue_free(struct async_queue *q)
{
	pthread_cond_destroy(&q->work);
	pthread_cond_destroy(&q->idle);
	pthread_mutex_destroy(&q->lock);
	free(q->heap);
	free(q->dropped);
	free(q);
}

struct async_queue *async_queue_of(struct runtime *rt)
{
	struct async_queue *q = atomic_load_explicit(&rt->async, memory_order_acquire),
			   *none = NULL;

	if (q)
		return q;
	q = queue_new(rt);
	if (!q || atomic_compare_exchange_strong(&rt->async, &none, q))
		return q;
	queue_free(q);
	return none;
}

void async_stop(struct runtime *rt)
{
	struct async_queue *q = rt->async;

	if (!q)
		return;
	pthread_mutex_lock(&q->lock);
	q->stop = true;
	pthread_cond_broadcast(&q->work);
	pthread_mutex_unlock(&q->lock);
	if (q->started)
		pthread_join(q->thread, NULL);
	pthread_mutex_lock(&q->lock);
	while (q->nr) {
		struct async *a = q->heap[1];

		queue_disarm(q, a);
		queue_drop(q, a->prog);
		a->prog = NULL;
	}
	queue_let_go(q);
	pthread_mutex_unlock(&q->lock);
}

void async_done(struct runtime *rt)
{
	struct async_queue *q = rt->async;

	if (!q)
		return;
	queue_free(q);
	rt->async = NULL;
}
