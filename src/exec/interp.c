/* The interpreter as an engine: see interp.h. */
#include "exec/interp.h"

#include <stdlib.h>

#include "base/err.h"
#include "exec/prog.h"

void code_free(struct code *c)
{
	if (!c)
		return;
	free(c->ops);
	free(c->subs);
	free(c->guarded);
	free(c->counted);
	free(c->counts);
	free(c);
}

static int prepare(struct skep_prog *p)
{
	struct code *c = calloc(1, sizeof(*c));

	p->code = c;
	if (!c)
		return -ENOMEM;
	TRY(code_decode(p, c));
	p->run = interp_run;
	return 0;
}

static void release(struct skep_prog *p)
{
	struct code *c = p->code;

	for (struct code **link = &p->rt->counting; *link; link = &(*link)->next)
		if (*link == c) {
			*link = c->next;
			break;
		}
	code_free(c);
	p->code = NULL;
	p->run = NULL;
}

const struct engine engine_interp = {
	.name = "interp",
	.prepare = prepare,
	.release = release,
};

/* Publish c to count_op before its first op is one. */
static void start_counting(struct runtime *rt, struct code *c)
{
	c->next = rt->counting;
	rt->counting = c;
	for (u32 i = 0; i < c->len; i++) {
		c->counted[i] = c->ops[i].f;
		c->ops[i].f = count_op;
	}
}

const u64 *interp_count(struct skep_prog *p)
{
	struct code *c = p->code;

	if (p->engine != &engine_interp)
		return NULL;
	if (c->counts)
		return c->counts;
	c->counted = c->counted ?: malloc(c->len * sizeof(*c->counted));
	c->counts = calloc(c->len, sizeof(*c->counts));
	if (!c->counted || !c->counts) {
		free(c->counts);
		c->counts = NULL;
		return NULL;
	}
	start_counting(p->rt, c);
	return c->counts;
}
