/* Comparisons of numbers: can they be decided, and what do they teach?
 *
 * Sound because: a comparison is decided only when all pairs of members agree (a bit known to differ,
 * ranges that do not meet); refinement removes only members for which no partner satisfies the
 * comparison. As precise as Linux 6.18, no more (see scalar.c). */
#include "verifier/scalar.h"

#include <linux/bpf.h>

#include "verifier/range.h"

enum relation { EQ, NE, SET, CLEAR /* no common bit */, LT, LE, GT, GE, SLT, SLE, SGT, SGE, NONE };

static enum relation relation_of(u8 code)
{
	switch (BPF_OP(code)) {
	case BPF_JEQ: return EQ;
	case BPF_JNE: return NE;
	case BPF_JSET: return SET;
	case BPF_JLT: return LT;
	case BPF_JLE: return LE;
	case BPF_JGT: return GT;
	case BPF_JGE: return GE;
	case BPF_JSLT: return SLT;
	case BPF_JSLE: return SLE;
	case BPF_JSGT: return SGT;
	case BPF_JSGE: return SGE;
	default: return NONE;
	}
}

/* What holds where the relation does not. */
static const u8 negation[] = {
	[EQ] = NE, [NE] = EQ,	[SET] = CLEAR, [CLEAR] = SET, [LT] = GE,   [GE] = LT,	  [GT] = LE,
	[LE] = GT, [SLT] = SGE, [SGE] = SLT,   [SGT] = SLE,   [SLE] = SGT, [NONE] = NONE,
};
/* a R b is b swapped[R] a. */
static const u8 swapped[] = {
	[EQ] = EQ, [NE] = NE,	[SET] = SET, [CLEAR] = CLEAR, [LT] = GT,   [GT] = LT,	  [LE] = GE,
	[GE] = LE, [SLT] = SGT, [SGT] = SLT, [SLE] = SGE,     [SGE] = SLE, [NONE] = NONE,
};

static inline u32 width_of(u8 code)
{
	return BPF_CLASS(code) == BPF_JMP ? 64 : 32;
}

static inline bool is_const_at(const struct scalar *s, u32 width)
{
	return tnum_is_const(tnum_at(s->bits, width));
}

/* --- decisions --- */

static inline bool ranges_disjoint(const struct scalar *a, const struct scalar *b, u32 width)
{
	struct range x = range_get(a, width), y = range_get(b, width);

	return x.umin > y.umax || x.umax < y.umin || x.smin > y.smax || x.smax < y.smin;
}

static int decide_equal(const struct scalar *a, const struct scalar *b, u32 width)
{
	struct tnum x = tnum_at(a->bits, width), y = tnum_at(b->bits, width);

	if (tnum_is_const(x) && tnum_is_const(y))
		return x.value == y.value;
	if (tnum_disjoint(x, y) || ranges_disjoint(a, b, width) || ranges_disjoint(a, b, 32))
		return 0;
	return -1;
}

static int decide_set(const struct scalar *a, const struct scalar *b, u32 width)
{
	struct tnum x = tnum_at(a->bits, width), y = tnum_at(b->bits, width);

	if (!tnum_is_const(y)) {
		struct tnum t = x;

		x = y;
		y = t;
	}
	if (!tnum_is_const(y))
		return -1;
	if (x.value & y.value)
		return 1;
	return (x.value | x.mask) & y.value ? -1 : 0;
}

static inline int decide_less(const struct range *x, const struct range *y, bool or_equal)
{
	if (or_equal)
		return x->umax <= y->umin ? 1 : x->umin > y->umax ? 0 : -1;
	return x->umax < y->umin ? 1 : x->umin >= y->umax ? 0 : -1;
}

static inline int decide_less_signed(const struct range *x, const struct range *y, bool or_equal)
{
	if (or_equal)
		return x->smax <= y->smin ? 1 : x->smin > y->smax ? 0 : -1;
	return x->smax < y->smin ? 1 : x->smin >= y->smax ? 0 : -1;
}

static inline int not(int decision)
{
	return decision < 0 ? decision : !decision;
}

int scalar_branch(u8 code, const struct scalar *dst, const struct scalar *src)
{
	u32 width = width_of(code);
	struct range x = range_get(dst, width), y = range_get(src, width);

	switch (relation_of(code)) {
	case EQ: return decide_equal(dst, src, width);
	case NE: return not(decide_equal(dst, src, width));
	case SET: return decide_set(dst, src, width);
	case LT: return decide_less(&x, &y, false);
	case LE: return decide_less(&x, &y, true);
	case GT: return decide_less(&y, &x, false);
	case GE: return decide_less(&y, &x, true);
	case SLT: return decide_less_signed(&x, &y, false);
	case SLE: return decide_less_signed(&x, &y, true);
	case SGT: return decide_less_signed(&y, &x, false);
	case SGE: return decide_less_signed(&y, &x, true);
	default: return -1;
	}
}

/* --- refinement: a and b satisfy the relation --- */

static void set_bits(struct scalar *s, struct tnum t, u32 width)
{
	s->bits = width == 64 ? t : tnum_replace_low32(s->bits, t);
}

static void refine_equal(struct scalar *a, struct scalar *b, u32 width)
{
	struct range r = range_get(a, width), y = range_get(b, width);
	struct tnum t = tnum_meet(tnum_at(a->bits, width), tnum_at(b->bits, width));

	range_learn_unsigned(&r, y.umin, y.umax);
	range_learn_signed(&r, y.smin, y.smax);
	range_put(a, r, width);
	range_put(b, r, width);
	set_bits(a, t, width);
	set_bits(b, t, width);
}

/* Not the constant c: only an end of a range can move. */
static void refine_not(struct scalar *a, u64 c, u32 width)
{
	struct range r = range_get(a, width);

	if (r.umin == c)
		r.umin++;
	if (r.umax == c)
		r.umax--;
	if (r.smin == as_signed(c, width)) /* wraps if c was all there is */
		r.smin = (s64)((u64)r.smin + 1);
	if (r.smax == as_signed(c, width))
		r.smax = (s64)((u64)r.smax - 1);
	range_put(a, r, width);
}

static void refine_unsigned(struct scalar *a, struct scalar *b, u64 gap, u32 width)
{
	struct range x = range_get(a, width), y = range_get(b, width);
	u64 most = y.umax - gap, least = x.umin + gap;

	x.umax = MIN(x.umax, most);
	y.umin = MAX(y.umin, least);
	range_put(a, x, width);
	range_put(b, y, width);
}

static void refine_signed(struct scalar *a, struct scalar *b, u64 gap, u32 width)
{
	struct range x = range_get(a, width), y = range_get(b, width);
	s64 most = (s64)((u64)y.smax - gap), least = (s64)((u64)x.smin + gap);

	x.smax = MIN(x.smax, most);
	y.smin = MAX(y.smin, least);
	range_put(a, x, width);
	range_put(b, y, width);
}

/* Ranges that end where bits were cleared would contradict them: Linux forgets all of them. */
static struct scalar only_bits(struct tnum old, struct tnum t, u32 width)
{
	struct scalar s = scalar_unknown();

	s.bits = old;
	set_bits(&s, t, width);
	return s;
}

/* Relations with a constant, which may be on either side. */
static void refine_by_const(struct scalar *a, struct scalar *b, enum relation r, u32 width)
{
	struct scalar *s = is_const_at(b, width) ? a : b, *known = s == a ? b : a;
	struct tnum t = tnum_at(s->bits, width);
	u64 c = tnum_at(known->bits, width).value;

	if (!is_const_at(known, width))
		return;
	if (r == NE)
		refine_not(s, c, width);
	else if (r == CLEAR)
		*s = only_bits(s->bits, tnum_and(t, tnum_const(~c)), width);
	else if (IS_POWER_OF_2(c)) /* which of several bits is set would stay open */
		set_bits(s, tnum_or(t, tnum_const(c)), width);
}

/* gap 1: strictly. */
static void refine(struct scalar *a, struct scalar *b, enum relation r, u32 width)
{
	switch (r) {
	case EQ: refine_equal(a, b, width); break;
	case NE:
	case SET:
	case CLEAR: refine_by_const(a, b, r, width); break;
	case LT: refine_unsigned(a, b, 1, width); break;
	case LE: refine_unsigned(a, b, 0, width); break;
	case SLT: refine_signed(a, b, 1, width); break;
	case SLE: refine_signed(a, b, 0, width); break;
	case GT:
	case GE:
	case SGT:
	case SGE: refine(b, a, swapped[r], width); break;
	case NONE: break;
	}
}

/* No number is left: Linux goes on with what the known bits say, so do we. */
static bool forget_if_empty(struct scalar *s)
{
	if (scalar_valid(s))
		return false;
	range_put(s, range_full(64), 64);
	range_put(s, range_full(32), 32);
	return true;
}

bool scalar_refine(u8 code, bool taken, struct scalar *dst, struct scalar *src)
{
	enum relation r = relation_of(code);

	refine(dst, src, taken ? r : negation[r], width_of(code));
	scalar_sync(dst);
	scalar_sync(src);
	return !(forget_if_empty(dst) | forget_if_empty(src));
}
