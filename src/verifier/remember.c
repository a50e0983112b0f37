/* Remembered states (checkpoints): when they are made, and when their memory is given back.
 *
 * A checkpoint is *open* as long as some path from it has not ended. Open ones are what the current path and pending ones came
 * through, and whatever walks back over a path (precision.c, stack_live.c, explain.c) comes by open ones only; except where
 * paths that ended in a loop still open are traced once more (prune.c): those may have come through closed ones.
 * So one that is closed, compared no more and in no loop is nobody's, once no loop is open. */
#include <string.h>

#include "verifier/claims.h"
#include "verifier/env.h"

static void forget_precision(struct state *s)
{
	FOR_EACH_VALUE (s, f, val) {
		(void)f;
		val->precise = false;
	}
}

int remember(struct verifier *v)
{
	struct checkpoint *c = pool_zalloc(&v->pool, sizeof(*c));
	int err;

	if (!c)
		return -ENOMEM;
	forget_precision(v->cur);
	v->cur->insn = v->insn;
	v->cur->last_insn = v->prev_insn;
	err = state_copy(&v->pool, &c->st, v->cur);
	if (err) {
		state_done(&v->pool, &c->st);
		pool_free(&v->pool, c, sizeof(*c));
		return err;
	}
	c->st.branches = 1;
	c->st.loop = NULL;
	c->st.claim = claims_next(v->claims);
	memset(c->st.read, 0, sizeof(c->st.read));
	memset(v->cur->written, 0, sizeof(v->cur->written));
	c->st.serial = v->total_states;
	c->next = v->buckets[v->insn];
	v->buckets[v->insn] = c;
	c->all_next = v->all;
	if (v->all)
		v->all->all_prev = c;
	v->all = c;
	c->open_before = v->open[v->insn];
	v->open[v->insn] = c;
	v->cur->parent = &c->st;
	v->cur->first_insn = v->insn;
	v->cur->nr_steps = 0;
	v->cur->nr_jumps = 0;
	v->total_states++;
	v->peak_states++;
	v->last_checkpoint_jumps = v->jumps;
	v->last_checkpoint_processed = v->processed;
	return 0;
}

/* --- giving back --- */

static void drop(struct verifier *v, struct checkpoint *c)
{
	if (c->all_prev)
		c->all_prev->all_next = c->all_next;
	else
		v->all = c->all_next;
	if (c->all_next)
		c->all_next->all_prev = c->all_prev;
	state_done(&v->pool, &c->st);
	pool_free(&v->pool, c, sizeof(*c));
}

/* Called when c is evicted, and when it closes. States of loops stay: others may name them as their loop's entry. */
static void drop_if_unused(struct verifier *v, struct checkpoint *c)
{
	if (!c->evicted || c->st.branches || c->st.loop)
		return;
	c->next = v->dead;
	v->dead = c;
}

static void drop_dead(struct verifier *v)
{
	while (v->dead && !v->open_loops) {
		struct checkpoint *c = v->dead;

		v->dead = c->next;
		drop(v, c);
	}
}

void evict(struct verifier *v, struct checkpoint *c)
{
	c->evicted = true;
	v->peak_states--;
	drop_if_unused(v, c);
	drop_dead(v);
}

/* Those at one instruction close in the order opposite to that in which they were made: the walk is depth first. */
static void close_checkpoint(struct verifier *v, struct state *s)
{
	struct checkpoint *c = container_of(s, struct checkpoint, st);

	v->open[s->insn] = c->open_before;
	close_loop(v, s);
	drop_if_unused(v, c);
}

void end_path(struct verifier *v)
{
	for (struct state *s = v->cur->parent; s; s = s->parent) {
		if (--s->branches)
			break;
		close_checkpoint(v, s);
	}
	v->cur->parent = NULL;
	drop_dead(v);
}

void forget_states(struct verifier *v)
{
	free_backedges(v);
	v->open_loops = 0;
	v->dead = NULL;
	while (v->all) {
		struct checkpoint *c = v->all;

		v->all = c->all_next;
		v->buckets[c->st.insn] = v->open[c->st.insn] = NULL;
		state_done(&v->pool, &c->st);
		pool_free(&v->pool, c, sizeof(*c));
	}
}
