/* States are copied at every branch and checkpoint: copies reuse what the destination already owns
 * (frames and their stacks, the arrays of references and steps), so that a pooled state is copied into
 * without allocating.
 *
 * Invariant: frame[0 … depth] exist, those above are NULL: whoever enters a frame makes it. */
#include "verifier/state.h"

#include <errno.h>
#include <string.h>

#define MIN_SLOTS 8

/* Make *array hold at least n elements of size bytes; what was in it may be lost. */
static int reserve(struct pool *pool, void **array, u32 *cap, u32 n, size_t size)
{
	void *p;

	if (n <= *cap)
		return 0;
	p = pool_alloc(pool, n * size);
	if (!p)
		return -ENOMEM;
	pool_free(pool, *array, *cap * size);
	*array = p;
	*cap = n;
	return 0;
}

int frame_reserve_slots(struct pool *p, struct frame *f, u32 nr)
{
	if (nr <= f->nr_slots)
		return 0;
	if (nr > f->cap_slots) {
		u32 cap = MAX(MAX(nr, f->cap_slots * 2), MIN_SLOTS);
		struct slot *stack = pool_grow(p, f->stack, f->cap_slots * sizeof(*stack),
					       f->nr_slots * sizeof(*stack), cap * sizeof(*stack));

		if (!stack)
			return -ENOMEM;
		f->stack = stack;
		f->cap_slots = cap;
	}
	memset(f->stack + f->nr_slots, 0, (nr - f->nr_slots) * sizeof(*f->stack));
	f->nr_slots = nr;
	return 0;
}

/* dst keeps its stack's memory, all else is src's. */
static int frame_copy(struct pool *pool, struct frame *dst, const struct frame *src)
{
	struct slot *stack;
	u32 cap;

	if (src->nr_slots > dst->cap_slots) {
		void *p = dst->stack;

		if (reserve(pool, &p, &dst->cap_slots, src->nr_slots, sizeof(*src->stack)))
			return -ENOMEM;
		dst->stack = p;
	}
	stack = dst->stack;
	cap = dst->cap_slots;
	*dst = *src;
	dst->stack = stack;
	dst->cap_slots = cap;
	if (src->nr_slots)
		memcpy(stack, src->stack, src->nr_slots * sizeof(*stack));
	return 0;
}

void frame_free(struct pool *p, struct frame *f)
{
	if (!f)
		return;
	pool_free(p, f->stack, f->cap_slots * sizeof(*f->stack));
	pool_free(p, f, sizeof(*f));
}

static int copy_frames(struct pool *p, struct state *dst, const struct state *src)
{
	for (u32 i = 0; i <= src->depth; i++) {
		if (!src->frame[i]) /* a state that has not entered its first frame */
			continue;
		if (!dst->frame[i])
			dst->frame[i] = pool_zalloc(p, sizeof(struct frame));
		if (!dst->frame[i] || frame_copy(p, dst->frame[i], src->frame[i]))
			return -ENOMEM;
	}
	for (u32 i = src->depth + 1; i < SKEP_MAX_FRAMES; i++) {
		frame_free(p, dst->frame[i]);
		dst->frame[i] = NULL;
	}
	return 0;
}

static int copy_refs(struct pool *pool, struct state *dst, const struct state *src)
{
	void *p = dst->refs;
	int err = reserve(pool, &p, &dst->cap_refs, src->nr_refs, sizeof(*src->refs));

	dst->refs = p;
	if (!err && src->nr_refs)
		memcpy(dst->refs, src->refs, src->nr_refs * sizeof(*src->refs));
	return err;
}

static int copy_steps(struct pool *pool, struct state *dst, const struct state *src)
{
	void *p = dst->steps;
	int err = reserve(pool, &p, &dst->cap_steps, src->nr_steps, sizeof(*src->steps));

	dst->steps = p;
	if (!err && src->nr_steps)
		memcpy(dst->steps, src->steps, src->nr_steps * sizeof(*src->steps));
	return err;
}

/* All members but those that own memory. */
static void copy_plain(struct state *dst, const struct state *src)
{
	struct state own = *dst;

	*dst = *src;
	memcpy(dst->frame, own.frame, sizeof(own.frame));
	dst->refs = own.refs;
	dst->cap_refs = own.cap_refs;
	dst->steps = own.steps;
	dst->cap_steps = own.cap_steps;
}

/* On failure dst is still fit for state_done(), not for use. */
int state_copy(struct pool *p, struct state *dst, const struct state *src)
{
	int err = copy_frames(p, dst, src);

	err = err ? err : copy_refs(p, dst, src);
	err = err ? err : copy_steps(p, dst, src);
	if (!err)
		copy_plain(dst, src);
	return err;
}

void state_done(struct pool *p, struct state *s)
{
	for (u32 i = 0; i < SKEP_MAX_FRAMES; i++)
		frame_free(p, s->frame[i]);
	pool_free(p, s->refs, s->cap_refs * sizeof(*s->refs));
	pool_free(p, s->steps, s->cap_steps * sizeof(*s->steps));
	*s = (struct state){ 0 };
}
