/* See tracers.h. */
#include "exec/tracers.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"

/* Under rt->tracers_lock. */
static void replace(struct runtime *rt, struct traced *at, struct prog_tracers *new)
{
	struct prog_tracers *old = atomic_exchange(&at->list, new);

	if (!old)
		return;
	runtime_synchronize(rt);
	free(old);
}

int tracers_add(struct runtime *rt, struct traced *at, const struct tracer *t)
{
	struct prog_tracers *new = malloc(sizeof(*new)), *old;
	int err = 0;

	if (!new)
		return -ENOMEM;
	pthread_mutex_lock(&rt->tracers_lock);
	old = atomic_load(&at->list);
	if (old)
		*new = *old;
	else
		new->n = 0;
	if (new->n < TRACERS_MAX)
		new->v[new->n++] = *t;
	else
		err = -E2BIG;
	if (err)
		free(new);
	else
		replace(rt, at, new);
	pthread_mutex_unlock(&rt->tracers_lock);
	return err;
}

/* The list shrinks in a copy; without memory for one, the entry's program is taken out of the list in place: an
 * entry without a program is passed over. */
void tracers_remove(struct runtime *rt, struct traced *at, const struct skep_prog *prog)
{
	struct prog_tracers *old, *new = malloc(sizeof(*new));
	u32 n = 0;

	pthread_mutex_lock(&rt->tracers_lock);
	old = atomic_load(&at->list);
	for (u32 i = 0; old && i < old->n; i++) {
		if (old->v[i].prog == prog)
			__atomic_store_n(&old->v[i].prog, NULL, __ATOMIC_RELEASE);
		else if (new && old->v[i].prog)
			new->v[n++] = old->v[i];
	}
	if (new)
		new->n = n;
	if (new && !n) {
		free(new);
		replace(rt, at, NULL);
	} else if (new) {
		replace(rt, at, new);
	} else {
		runtime_synchronize(rt);
	}
	pthread_mutex_unlock(&rt->tracers_lock);
}

static u64 call_one(const struct tracer *t, struct skep_prog *p, struct traced_call *c, u64 ret,
		    struct skep_run *run,
		    u64 (*one)(struct skep_prog *p, void *ctx, struct skep_run *run))
{
	c->cookie = t->cookie;
	c->nr_args = t->nr_args;
	if (c->kind != TRACER_ENTRY && c->nr_args < TRACER_ARGS_MAX)
		c->args[c->nr_args] = ret;
	return one(p, c->args, run);
}

void tracers_call(struct traced *at, struct traced_call *c, enum tracer_kind kind, u64 *ret,
		  struct skep_run *run,
		  u64 (*one)(struct skep_prog *p, void *ctx, struct skep_run *run))
{
	const struct prog_tracers *t = atomic_load_explicit(&at->list, memory_order_acquire);
	struct traced_call *outer = run->traced;
	u64 ctx_size = run->ctx_size;

	run->traced = c;
	run->ctx_size = sizeof(c->args);
	c->kind = kind;
	for (u32 i = 0; t && i < t->n; i++) {
		struct skep_prog *p = __atomic_load_n(&t->v[i].prog, __ATOMIC_ACQUIRE);
		u64 result;

		if (!p || t->v[i].kind != kind)
			continue;
		result = call_one(&t->v[i], p, c, *ret, run, one);
		if (kind != TRACER_MODIFY)
			continue;
		*ret = result;
		if ((u32)result)
			break;
	}
	run->traced = outer;
	run->ctx_size = ctx_size;
}

/* The context is filled anew for those behind: the program may have changed it. */
u64 tracers_run(struct skep_prog *p, void *ctx, struct skep_run *run,
		u64 (*one)(struct skep_prog *p, void *ctx, struct skep_run *run))
{
	struct traced_call c = { .nr_args = 0 };
	struct trace_ctx *t = p->trace_ctx;
	u64 ret = 0;

	c.args[0] = t ? t->fill(t, ctx, run) : 0;
	tracers_call(&p->traced, &c, TRACER_ENTRY, &ret, run, one);
	ret = one(p, ctx, run);
	c.args[0] = t ? t->fill(t, ctx, run) : 0;
	tracers_call(&p->traced, &c, TRACER_EXIT, &ret, run, one);
	run->prog = p;
	run->ctx = ctx;
	return ret;
}
