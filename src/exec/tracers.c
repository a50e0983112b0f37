/* See tracers.h. */
#include "exec/tracers.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"

static void replace(struct skep_prog *target, struct prog_tracers *new)
{
	struct prog_tracers *old = atomic_exchange(&target->tracers, new);

	if (!old)
		return;
	runtime_synchronize(target->rt);
	free(old);
}

int tracers_add(struct skep_prog *target, const struct tracer *t)
{
	struct prog_tracers *new = malloc(sizeof(*new)), *old;
	int err = 0;

	if (!new)
		return -ENOMEM;
	pthread_mutex_lock(&target->maps_lock);
	old = atomic_load(&target->tracers);
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
		replace(target, new);
	pthread_mutex_unlock(&target->maps_lock);
	return err;
}

/* The list shrinks in a copy; without memory for one, the entry's program is taken out of the list in place: an
 * entry without a program is passed over. */
void tracers_remove(struct skep_prog *target, const struct skep_prog *tracer)
{
	struct prog_tracers *old, *new = malloc(sizeof(*new));
	u32 n = 0;

	pthread_mutex_lock(&target->maps_lock);
	old = atomic_load(&target->tracers);
	for (u32 i = 0; old && i < old->n; i++) {
		if (old->v[i].prog == tracer)
			__atomic_store_n(&old->v[i].prog, NULL, __ATOMIC_RELEASE);
		else if (new && old->v[i].prog)
			new->v[n++] = old->v[i];
	}
	if (new)
		new->n = n;
	if (new && !n) {
		free(new);
		replace(target, NULL);
	} else if (new) {
		replace(target, new);
	} else {
		runtime_synchronize(target->rt);
	}
	pthread_mutex_unlock(&target->maps_lock);
}

static void call(const struct prog_tracers *t, struct traced_call *c, u64 ret, struct skep_run *run,
		 u64 (*one)(struct skep_prog *p, void *ctx, struct skep_run *run))
{
	struct traced_call *outer = run->traced;
	u64 ctx_size = run->ctx_size;

	run->traced = c;
	run->ctx_size = sizeof(c->args);
	for (u32 i = 0; i < t->n; i++) {
		struct skep_prog *p = __atomic_load_n(&t->v[i].prog, __ATOMIC_ACQUIRE);

		if (!p || t->v[i].exit != c->exit)
			continue;
		c->cookie = t->v[i].cookie;
		c->nr_args = t->v[i].nr_args;
		if (c->exit && c->nr_args < TRACER_ARGS_MAX)
			c->args[c->nr_args] = ret;
		one(p, c->args, run);
	}
	run->traced = outer;
	run->ctx_size = ctx_size;
}

u64 tracers_run(const struct prog_tracers *t, struct skep_prog *p, void *ctx, struct skep_run *run,
		u64 (*one)(struct skep_prog *p, void *ctx, struct skep_run *run))
{
	struct traced_call c = { .exit = false };
	u64 ret;

	c.args[0] = p->trace_ctx ? p->trace_ctx->fill(p->trace_ctx, ctx, run) : 0;
	call(t, &c, 0, run, one);
	ret = one(p, ctx, run);
	c.exit = true;
	if (p->trace_ctx) /* the program may have changed it */
		c.args[0] = p->trace_ctx->fill(p->trace_ctx, ctx, run);
	call(t, &c, ret, run, one);
	run->prog = p;
	run->ctx = ctx;
	return ret;
}
