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
	free(c->observed);
	free(c->counts);
	free(c);
}

/* observe_op finds c in the list, so it is there before its first op is one. */
static int observe(struct runtime *rt, struct code *c)
{
	if (c->observed)
		return 0;
	c->observed = malloc(c->len * sizeof(*c->observed));
	if (!c->observed)
		return -ENOMEM;
	c->next = rt->observed;
	rt->observed = c;
	for (u32 i = 0; i < c->len; i++) {
		c->observed[i] = c->ops[i].f;
		c->ops[i].f = observe_op;
	}
	return 0;
}

static int prepare(struct skep_prog *p)
{
	struct code *c = calloc(1, sizeof(*c));

	p->code = c;
	if (!c)
		return -ENOMEM;
	TRY(code_decode(p, c));
	p->run = interp_run;
	if (!p->watch)
		return 0;
	c->watched = p;
	return observe(p->rt, c);
}

static void release(struct skep_prog *p)
{
	struct code *c = p->code;

	for (struct code **link = &p->rt->observed; *link; link = &(*link)->next)
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

const u64 *interp_count(struct skep_prog *p)
{
	struct code *c = p->code;

	if (p->engine != &engine_interp)
		return NULL;
	if (c->counts)
		return c->counts;
	c->counts = calloc(c->len, sizeof(*c->counts));
	if (!c->counts || observe(p->rt, c)) {
		free(c->counts);
		c->counts = NULL;
	}
	return c->counts;
}
