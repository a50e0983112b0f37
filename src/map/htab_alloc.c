/* Free elements of a hash table: never-used ones are counted off, used ones lie on lock-free stacks,
 * one per CPU slot so that slots do not meet; who finds its own empty takes from the others, so
 * a map that has max_entries elements free accepts that many keys, from any slot.
 *
 * Invariant: a regular element is either not counted off yet, on exactly one stack, linked in one
 * bucket, a slot's spare, or in one thread's hands. */
#include <stdlib.h>

#include "map/htab.h"

static u32 stack_pop(struct htab *h, struct free_stack *s)
{
	u64 w = atomic_load_explicit(&s->word, memory_order_acquire);

	while ((u32)w) {
		/* May be stale if others popped it meanwhile; then the count differs and we retry. */
		u32 below = atomic_load_explicit(&htab_elem(h, (u32)w)->free_next,
						 memory_order_relaxed);
		u64 next = ((w >> 32) + 1) << 32 | below;

		if (atomic_compare_exchange_weak_explicit(&s->word, &w, next, memory_order_acq_rel,
							  memory_order_acquire))
			return (u32)w;
	}
	return 0;
}

static u32 take_fresh(struct htab *h)
{
	u32 i = atomic_load_explicit(&h->fresh, memory_order_relaxed);

	while (i <= h->nr_regular)
		if (atomic_compare_exchange_weak_explicit(
			    &h->fresh, &i, i + 1, memory_order_relaxed, memory_order_relaxed))
			return i;
	return 0;
}

/* How often the stacks have changed so far. */
static u64 changes(const struct htab *h)
{
	u64 n = 0;

	for (u32 k = 0; k < h->nr_slots; k++)
		n += atomic_load_explicit(&h->free[k].word, memory_order_acquire) >> 32;
	return n;
}

/* Others may push behind our back and pop ahead of us: only if nothing changed while we looked were
 * all stacks empty at once. */
static u32 steal(struct htab *h)
{
	u64 before, after = changes(h);
	u32 i = 0;

	do {
		before = after;
		for (u32 k = 0; !i && k < h->nr_slots; k++)
			i = stack_pop(h, &h->free[k]);
		after = changes(h);
	} while (!i && after != before);
	return i;
}

u32 htab_alloc(struct htab *h, u32 slot)
{
	return stack_pop(h, &h->free[slot]) ?: take_fresh(h) ?: steal(h);
}

void htab_release(struct htab *h, u32 slot, u32 i)
{
	struct free_stack *s = &h->free[slot];
	u64 w = atomic_load_explicit(&s->word, memory_order_relaxed), next;

	do {
		atomic_store_explicit(&htab_elem(h, i)->free_next, (u32)w, memory_order_relaxed);
		next = ((w >> 32) + 1) << 32 | i;
	} while (!atomic_compare_exchange_weak_explicit(&s->word, &w, next, memory_order_acq_rel,
							memory_order_relaxed));
}

int htab_alloc_init(struct htab *h, u32 max_entries)
{
	h->fresh = 1;
	h->nr_regular = max_entries;
	h->spare = calloc(h->nr_slots, sizeof(*h->spare));
	if (!h->spare)
		return -ENOMEM;
	for (u32 k = 0; k < h->nr_slots; k++)
		h->spare[k] = max_entries + 1 + k;
	return 0;
}
