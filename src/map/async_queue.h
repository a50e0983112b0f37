/* Between async.c and async_queue.c: see async.h. */
#ifndef SKEP_MAP_ASYNC_QUEUE_H
#define SKEP_MAP_ASYNC_QUEUE_H

#include <pthread.h>

#include "map/async.h"

typedef u64 callback_fn(struct skep_run *run, u64 fn, u64 a1, u64 a2, u64 a3, u64 a4, u64 a5);

struct async {
	struct skep_map *m;
	char *value;
	enum async_kind kind;
	int clock;
	/* What is called: set_callback. prog is a reference; NULL: nothing. */
	struct skep_prog *prog;
	callback_fn *enter; /* the engine's */
	u64 fn;
	u64 due, order; /* ns of CLOCK_MONOTONIC; who was armed first */
	int cpu;
	u32 place;   /* in the heap, from 1; 0: not armed */
	bool dead;   /* its value has let it go: freed when nobody is at it */
	u32 waiters; /* for the end of its callback */
};

struct async_queue {
	struct runtime *rt;
	pthread_mutex_t lock;
	pthread_cond_t work,
		idle; /* for the thread; for those who wait for the end of a callback */
	pthread_t thread;
	bool started, stop;
	struct async **heap; /* [1 …]: nobody is due before its parent, at half the index */
	u32 nr, cap;
	u64 armed;
	struct async *running;
	struct skep_prog **dropped; /* to be let go by the thread */
	u32 nr_dropped, cap_dropped;
};

/* The runtime's, made when first asked for; NULL: no memory. */
struct async_queue *async_queue_of(struct runtime *rt);

/* All with the lock. */
int queue_arm(struct async_queue *q, struct async *a, u64 due);
void queue_disarm(struct async_queue *q, struct async *a);
/* The program may be let go; NULL is nothing. */
void queue_drop(struct async_queue *q, struct skep_prog *p);
/* Once the thread has been stopped, nobody else does it. */
void queue_let_go(struct async_queue *q);
/* Frees it unless somebody is at it: then they do. */
void queue_put(struct async_queue *q, struct async *a);

#endif
