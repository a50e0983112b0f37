/* Which slots of the stack matter to a remembered state: those that some path from it reads before it
 * writes all of them.
 *
 * Invariant: when all paths from a state have ended and none of them ended in a loop still open, its
 * `read` is complete: what a path reads is marked in every remembered state behind it, back to the write
 * that made it; a path that ends in a covered state reads what that state's paths read.
 * Sound because: a slot is screened from the states before only where all its 8 bytes were written; a
 * frame that is entered anew is taken for the one that was there before, which only adds marks; states
 * of loops, whose paths lead back into themselves, keep all slots. */
#include "verifier/env.h"

/* The current path reads the slot. */
void note_slot_read(struct verifier *v, u32 frame, u32 slot)
{
	u64 bit = 1ull << slot;

	if (v->cur->written[frame] & bit)
		return;
	for (struct state *s = v->cur->parent; s && s->depth >= frame; s = s->parent) {
		if (s->read[frame] & bit)
			return; /* so it is in those before */
		s->read[frame] |= bit;
		if (s->written[frame] & bit)
			return;
	}
}

/* The current path overwrites all of the slot. */
void note_slot_written(struct verifier *v, u32 frame, u32 slot)
{
	v->cur->written[frame] |= 1ull << slot;
}

/* The slots of a frame that must be alike for s to cover another state. */
u64 slots_that_matter(const struct state *s, u32 frame)
{
	return s->branches || s->loop ? UINT64_MAX : s->read[frame];
}

/* The current path ends in `to`, all of whose paths have ended, and reads what they read. (If `to` were
 * still open, what is read would be marked there and before it as it is found; the states in between
 * belong to a loop.) */
void spread_reads(struct verifier *v, const struct state *to)
{
	for (u32 f = 0; f <= to->depth; f++)
		for (u32 n = 0; n < to->frame[f]->nr_slots; n++)
			if (slots_that_matter(to, f) >> n & 1)
				note_slot_read(v, f, n);
}
