/* Numbers: construction, comparison, and how the parts of one learn from each other.
 *
 * A scalar describes the numbers that satisfy all of its parts at once. Each step of scalar_sync()
 * only uses what one part implies for another, so no member is ever lost. Which steps there are, and
 * how often they run, follows what Linux 6.18 shows in its log (tests/unit/scalar_kernel.c): more
 * would be sound too, but the ranges printed, and some verdicts, would differ from Linux. */
#include "verifier/scalar.h"

#include <string.h>

#include "verifier/range.h"

#define SYNC_ROUNDS 3 /* the chains that Linux 6.18 follows end after three */

/* --- construction and questions --- */

struct scalar scalar_unknown(void)
{
	return (struct scalar){
		.bits = { 0, UINT64_MAX },
		.smin = INT64_MIN,
		.smax = INT64_MAX,
		.umin = 0,
		.umax = UINT64_MAX,
		.s32_min = INT32_MIN,
		.s32_max = INT32_MAX,
		.u32_min = 0,
		.u32_max = UINT32_MAX,
	};
}

struct scalar scalar_const(u64 x)
{
	return (struct scalar){
		.bits = { x, 0 },
		.smin = (s64)x,
		.smax = (s64)x,
		.umin = x,
		.umax = x,
		.s32_min = (s32)x,
		.s32_max = (s32)x,
		.u32_min = (u32)x,
		.u32_max = (u32)x,
	};
}

struct scalar scalar_urange(u64 lo, u64 hi)
{
	struct scalar s = scalar_unknown();

	s.umin = lo;
	s.umax = hi;
	scalar_sync(&s);
	return s;
}

bool scalar_is_const(const struct scalar *s)
{
	return tnum_is_const(s->bits);
}

bool scalar_is_const32(const struct scalar *s)
{
	return tnum_is_const(tnum_low(s->bits, 32));
}

bool scalar_contains(const struct scalar *s, u64 x)
{
	return tnum_contains(s->bits, x) && x >= s->umin && x <= s->umax && (s64)x >= s->smin &&
	       (s64)x <= s->smax && (u32)x >= s->u32_min && (u32)x <= s->u32_max &&
	       (s32)x >= s->s32_min && (s32)x <= s->s32_max;
}

bool scalar_equal(const struct scalar *a, const struct scalar *b)
{
	return !memcmp(a, b, sizeof(*a)); /* no padding: six 8-byte and four 4-byte members */
}

bool scalar_is_unknown(const struct scalar *s)
{
	struct scalar unknown = scalar_unknown();

	return scalar_equal(s, &unknown);
}

static inline bool range_covers(const struct scalar *a, const struct scalar *b, u32 width)
{
	struct range x = range_get(a, width), y = range_get(b, width);

	return x.umin <= y.umin && x.umax >= y.umax && x.smin <= y.smin && x.smax >= y.smax;
}

/* Sound because: every part of a, taken alone, covers the same part of b. */
bool scalar_covers(const struct scalar *a, const struct scalar *b)
{
	return range_covers(a, b, 64) && range_covers(a, b, 32) &&
	       !(b->bits.mask & ~a->bits.mask) && tnum_contains(a->bits, b->bits.value);
}

static inline bool range_valid(const struct scalar *s, u32 width)
{
	struct range r = range_get(s, width);
	struct tnum t = tnum_at(s->bits, width);

	if (r.smin > r.smax || r.umin > r.umax)
		return false;
	if (!tnum_is_const(t))
		return true;
	return r.umin == t.value && r.umax == t.value && as_unsigned(r.smin, width) == t.value &&
	       as_unsigned(r.smax, width) == t.value;
}

bool scalar_valid(const struct scalar *s)
{
	return !(s->bits.value & s->bits.mask) && range_valid(s, 64) && range_valid(s, 32);
}

/* --- mutual deduction --- */

/* The smallest signed number that bits allow has the sign bit set if it can be; the largest has not. */
static inline void learn_from_bits(struct scalar *s, u32 width)
{
	struct range r = range_get(s, width);
	struct tnum t = tnum_at(s->bits, width);
	u64 least = t.value, most = t.value | t.mask;
	u64 maybe_sign = t.mask & (1ull << (width - 1));

	range_learn_unsigned(&r, least, most);
	range_learn_signed(&r, as_signed(least | maybe_sign, width),
			   as_signed(most & ~maybe_sign, width));
	range_put(s, r, width);
}

/* Only one number that the bits allow may lie in the range. Looked for where the unknown bits leave
 * gaps; without them the range alone says it. Where there is none (an edge that nothing takes), Linux
 * settles for the lower end, or for the largest that the bits allow; any number is right then. */
static inline void learn_single(struct scalar *s)
{
	u64 largest = s->bits.value | s->bits.mask, only, next;

	if (!(s->bits.mask & (s->bits.mask + 1)) && s->umin <= largest && s->umin < s->umax)
		return;
	if (!tnum_at_least(s->bits, s->umin, &only))
		only = largest;
	if (only > s->umax && only != largest && only != s->umin)
		return;
	if (only < s->umax && tnum_at_least(s->bits, only + 1, &next) && next <= s->umax)
		return;
	*s = scalar_const(only);
}

/* The low halves of the numbers in [lo, hi] (both ends signed or both unsigned). They form a range
 * themselves if the high halves are equal; if they are neighbours, a signed one around zero. */
static inline void learn_low_half(struct range *r, u64 lo, u64 hi)
{
	u32 block = (u32)(lo >> 32), last_block = (u32)(hi >> 32);

	if (block == last_block) {
		if ((u32)lo <= (u32)hi)
			range_learn_unsigned(r, (u32)lo, (u32)hi);
		if ((s32)lo <= (s32)hi)
			range_learn_signed(r, (s32)lo, (s32)hi);
	} else if (block + 1 == last_block && (s32)lo < 0 && (s32)hi >= 0) {
		range_learn_signed(r, (s32)lo, (s32)hi);
	}
}

/* A signed range with both signs is, unsigned, [0, smax] and [smin, end]. An unsigned range that
 * misses one of the two lies in the other. */
static inline void learn_across_zero(struct range *r, u32 width)
{
	u64 negative_from = as_unsigned(r->smin, width), positive_to = as_unsigned(r->smax, width);

	if (r->umax < negative_from) {
		r->smin = as_signed(r->umin, width);
		r->umax = MIN(r->umax, positive_to);
	} else if (r->umin > positive_to) {
		r->smax = as_signed(r->umax, width);
		r->umin = MAX(r->umin, negative_from);
	}
}

/* Signed and unsigned range of one width. Reading one as the other is possible where its ends stay
 * in order. */
static inline void learn_other_sign(struct range *r, u32 width)
{
	if (as_signed(r->umin, width) <= as_signed(r->umax, width))
		range_learn_signed(r, as_signed(r->umin, width), as_signed(r->umax, width));
	if (as_unsigned(r->smin, width) <= as_unsigned(r->smax, width))
		range_learn_unsigned(r, as_unsigned(r->smin, width), as_unsigned(r->smax, width));
	else
		learn_across_zero(r, width);
}

static void deduce32(struct scalar *s)
{
	struct range r = range_get(s, 32);

	learn_low_half(&r, s->umin, s->umax);
	learn_low_half(&r, (u64)s->smin, (u64)s->smax);
	learn_other_sign(&r, 32);
	range_put(s, r, 32);
}

static void deduce64(struct scalar *s)
{
	struct range r = range_get(s, 64);

	learn_other_sign(&r, 64);
	range_put(s, r, 64);
}

/* What the low half tells about the whole: the ends of a 64-bit range can move to the next number
 * whose low half is possible. */
static void learn_whole(struct scalar *s)
{
	struct range r = range_get(s, 64);
	const u64 high = ~0ull << 32;

	range_learn_unsigned(&r, (r.umin & high) | s->u32_min, (r.umax & high) | s->u32_max);
	range_learn_signed(&r, (s64)(((u64)r.smin & high) | s->u32_min),
			   (s64)(((u64)r.smax & high) | s->u32_max));
	/* The number equals its sign-extended low half, and that is not negative. */
	if (s->s32_min >= 0 && r.smin >= INT32_MIN && r.smax <= INT32_MAX) {
		r.smin = s->s32_min;
		r.smax = s->s32_max;
		r.umin = s->u32_min;
		r.umax = s->u32_max;
		s->bits = tnum_meet(s->bits, tnum_range(s->u32_min, s->u32_max));
	}
	range_put(s, r, 64);
}

static void learn_bits(struct scalar *s)
{
	struct tnum all = tnum_meet(s->bits, tnum_range(s->umin, s->umax));

	s->bits = tnum_replace_low32(
		all, tnum_meet(tnum_low(all, 32), tnum_range(s->u32_min, s->u32_max)));
}

void scalar_sync(struct scalar *s)
{
	learn_from_bits(s, 64);
	learn_single(s);
	learn_from_bits(s, 32);
	for (int i = 0; i < SYNC_ROUNDS; i++) {
		deduce32(s);
		deduce64(s);
		learn_whole(s);
	}
	learn_bits(s);
	learn_from_bits(s, 64);
	learn_single(s);
	learn_from_bits(s, 32);
}
