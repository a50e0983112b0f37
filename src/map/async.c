/* Timers and work queues as programs use them. See async.h. */
#include "map/async.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/err.h"
#include "btf/record.h"
#include "exec/prog.h"
#include "map/async_queue.h"

/* A field's first eight bytes. Only ever touched with the lock, but for copies of whole values, which leave
 * fields out. */
static struct async *get(const void *field)
{
	return (struct async *)(uintptr_t)atomic_load_explicit((_Atomic u64 *)(uintptr_t)field,
							       memory_order_relaxed);
}

static void set(void *field, struct async *a)
{
	atomic_store_explicit((_Atomic u64 *)field, (uintptr_t)a, memory_order_relaxed);
}

/* Programs that call later need clients to be there who could stop them. */
static bool has_users(struct skep_map *m)
{
	return atomic_load(&m->obj.users);
}

static int init_locked(struct skep_map *m, void *field, u32 off, enum async_kind kind, int clock)
{
	struct async *a;

	if (get(field))
		return -EBUSY;
	a = calloc(1, sizeof(*a));
	if (!a)
		return -ENOMEM;
	*a = (struct async){
		.m = m, .value = (char *)field - off, .kind = kind, .clock = clock, .cpu = -1
	};
	set(field, a);
	/* async_forget_all() may just have been here and seen nothing. */
	if (has_users(m))
		return 0;
	set(field, NULL);
	free(a);
	return -EPERM;
}

int async_init(struct skep_map *m, void *field, u32 off, enum async_kind kind, int clock)
{
	struct async_queue *q = async_queue_of(m->rt);
	int err;

	if (!q)
		return -ENOMEM;
	pthread_mutex_lock(&q->lock);
	err = init_locked(m, field, off, kind, clock);
	pthread_mutex_unlock(&q->lock);
	return err;
}

int async_set_callback(struct runtime *rt, void *field, struct skep_prog *p, u64 fn,
		       struct skep_run *run)
{
	struct async_queue *q = async_queue_of(rt);
	struct async *a;
	int err = 0;

	if (!q)
		return -ENOMEM;
	pthread_mutex_lock(&q->lock);
	a = get(field);
	if (!a) {
		err = -EINVAL;
	} else if (!has_users(a->m)) {
		err = -EPERM;
	} else {
		queue_drop(q, a->prog);
		prog_ref(p);
		a->prog = p;
		a->fn = fn;
		a->enter = run->callback;
	}
	pthread_mutex_unlock(&q->lock);
	return err;
}

/* Nanoseconds of CLOCK_MONOTONIC; what is too far away is never. A clock that is set does not move what is armed. */
static u64 due_at(struct runtime *rt, const struct async *a, u64 ns, bool absolute)
{
	struct timespec t;
	u64 mono, clock, due;

	clock_gettime(CLOCK_MONOTONIC, &t);
	mono = clock = (u64)t.tv_sec * 1000000000 + (u64)t.tv_nsec;
	if (absolute && a->clock != CLOCK_MONOTONIC) {
		clock_gettime(a->clock, &t);
		clock = (u64)t.tv_sec * 1000000000 + (u64)t.tv_nsec;
	}
	if (absolute && rt->fixed_clock)
		clock = atomic_load(&rt->clock_ns);
	if (absolute)
		ns = ns > clock ? ns - clock : 0;
	due = mono + ns;
	return due < mono || due > INT64_MAX ? INT64_MAX : due;
}

int async_start(struct skep_run *run, void *field, u64 ns, bool absolute, int cpu)
{
	struct async_queue *q = async_queue_of(run->rt);
	struct async *a;
	int err = -EINVAL;

	if (!q)
		return -ENOMEM;
	pthread_mutex_lock(&q->lock);
	a = get(field);
	if (a && a->prog) {
		a->cpu = cpu;
		err = queue_arm(q, a, due_at(run->rt, a, ns, absolute));
	}
	pthread_mutex_unlock(&q->lock);
	return err;
}

static int cancel_locked(struct async_queue *q, void *field)
{
	struct async *a = get(field);
	int armed;

	if (!a)
		return -EINVAL;
	if (q->running == a && pthread_equal(pthread_self(), q->thread))
		return -EDEADLK;
	armed = a->place != 0;
	queue_disarm(q, a);
	queue_drop(q, a->prog);
	a->prog = NULL;
	a->waiters++;
	while (q->running == a && !pthread_equal(pthread_self(), q->thread))
		pthread_cond_wait(&q->idle, &q->lock);
	a->waiters--;
	queue_put(q, a);
	return armed;
}

int async_cancel(struct skep_run *run, void *field)
{
	struct async_queue *q = async_queue_of(run->rt);
	int ret;

	if (!q)
		return -ENOMEM;
	pthread_mutex_lock(&q->lock);
	ret = cancel_locked(q, field);
	pthread_mutex_unlock(&q->lock);
	return ret;
}

static void forget_field(struct async_queue *q, void *field)
{
	struct async *a = get(field);

	if (!a)
		return;
	set(field, NULL);
	queue_disarm(q, a);
	queue_drop(q, a->prog);
	a->prog = NULL;
	a->dead = true;
	queue_put(q, a);
}

void async_forget(struct skep_map *m, void *value)
{
	struct async_queue *q = m->rt->async;

	if (!q || !record_has(m->record, FIELD_ASYNC)) /* nothing was ever initialised */
		return;
	pthread_mutex_lock(&q->lock);
	for (u32 n = 0; n < m->record->nr; n++)
		if (m->record->field[n].kind & FIELD_ASYNC)
			forget_field(q, (char *)value + m->record->field[n].off);
	if (q->stop)
		queue_let_go(q);
	pthread_mutex_unlock(&q->lock);
}

void async_forget_all(struct skep_map *m)
{
	if (record_has(m->record, FIELD_ASYNC) && m->type->each_value)
		m->type->each_value(m, async_forget);
}
