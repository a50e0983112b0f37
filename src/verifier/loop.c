/* Loops that something at run time ends after any number of rounds: callbacks, may_goto, iterators. No
 * number that the program computes decides when, so rounds would go on for ever in the walk. They end
 * there once a round begins in a state that an earlier one covers (prune.c, CMP_RANGES); to get there,
 * numbers that change from round to round and have not mattered so far become unknown.
 *
 * Sound because: an unknown number stands for any; whatever matters later is checked for any value then. */
#include "verifier/env.h"

static bool in_same_frames(const struct state *a, const struct state *b)
{
	u32 n = 0;

	if (a->depth != b->depth)
		return false;
	while (n <= a->depth && a->frame[n]->callsite == b->frame[n]->callsite)
		n++;
	return n > a->depth;
}

/* The checkpoint in front of that instruction, in the same frames as the current state, nearest on the way back
 * from s (s included), which the current path came through. Those of the same tree that are open are all on that way. */
const struct state *last_entry(const struct verifier *v, const struct state *s, u32 insn)
{
	const struct checkpoint *c = s ? v->open[insn] : NULL;

	for (; c && c->st.tree == s->tree; c = c->open_before)
		if (c->st.serial <= s->serial && in_same_frames(&c->st, v->cur))
			return &c->st;
	return NULL;
}

static void widen(const struct value *old, struct value *cur)
{
	if (old->kind != V_SCALAR || cur->kind != V_SCALAR || old->precise || cur->precise ||
	    scalar_equal(&old->var, &cur->var))
		return;
	set_unknown(cur);
}

void widen_since(const struct state *old, struct state *cur)
{
	for (u32 n = 0; n <= cur->depth; n++) {
		const struct frame *a = old->frame[n];
		struct frame *b = cur->frame[n];

		for (u32 r = 0; r < 10; r++)
			widen(&a->reg[r], &b->reg[r]);
		for (u32 k = 0; k < MIN(a->nr_slots, b->nr_slots); k++)
			if (slot_is_spill(&a->stack[k]) && slot_is_spill(&b->stack[k]))
				widen(&a->stack[k].v, &b->stack[k].v);
	}
}

/* The current path leaves the loop; another one, walked later, goes through it once more. The engines
 * bound how often that can happen. */
int do_may_goto(struct verifier *v, const struct bpf_insn *i, u32 *next)
{
	const struct state *here = v->cur->parent, *entry;
	struct state *again;
	int err = 0;

	v->aux[v->insn].taken = v->aux[v->insn].not_taken = true;
	again = push_branch(v, v->insn + 1, &err);
	if (!again)
		return err;
	again->may_goto_depth++;
	/* The nearest checkpoint is this instruction's own, made just now. */
	entry = here ? last_entry(v, here->parent, v->insn) : NULL;
	if (entry)
		widen_since(entry, again);
	*next = v->insn + 1 + (u32)(s32)i->off;
	return 0;
}
