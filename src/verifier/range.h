/* What the 64-bit and the 32-bit half of a scalar have in common: a signed and an unsigned range of
 * numbers of `width` bits (64 or 32, always a constant at the call so that each use is compiled for
 * its width). Bounds of 32-bit ranges are kept in 64 bits: the signed sign-extended, the unsigned
 * zero-extended. */
#ifndef SKEP_VERIFIER_RANGE_H
#define SKEP_VERIFIER_RANGE_H

#include "verifier/tnum.h"

struct range {
	s64 smin, smax;
	u64 umin, umax;
};

static inline s64 as_signed(u64 x, u32 width)
{
	return width == 64 ? (s64)x : (s64)(s32)x;
}
static inline u64 as_unsigned(s64 x, u32 width)
{
	return width == 64 ? (u64)x : (u64)(u32)x;
}
static inline u64 unsigned_max(u32 width)
{
	return as_unsigned(-1, width);
}
static inline s64 signed_max(u32 width)
{
	return (s64)(unsigned_max(width) >> 1);
}
static inline s64 signed_min(u32 width)
{
	return -signed_max(width) - 1;
}

static inline struct range range_get(const struct scalar *s, u32 width)
{
	if (width == 64)
		return (struct range){ s->smin, s->smax, s->umin, s->umax };
	return (struct range){ s->s32_min, s->s32_max, s->u32_min, s->u32_max };
}
static inline void range_put(struct scalar *s, struct range r, u32 width)
{
	if (width == 64) {
		s->smin = r.smin;
		s->smax = r.smax;
		s->umin = r.umin;
		s->umax = r.umax;
	} else {
		s->s32_min = (s32)r.smin;
		s->s32_max = (s32)r.smax;
		s->u32_min = (u32)r.umin;
		s->u32_max = (u32)r.umax;
	}
}

static inline void range_forget_signed(struct range *r, u32 width)
{
	r->smin = signed_min(width);
	r->smax = signed_max(width);
}
static inline void range_forget_unsigned(struct range *r, u32 width)
{
	r->umin = 0;
	r->umax = unsigned_max(width);
}
static inline struct range range_full(u32 width)
{
	struct range r;

	range_forget_signed(&r, width);
	range_forget_unsigned(&r, width);
	return r;
}

/* The number also lies in [lo, hi]. */
static inline void range_learn_signed(struct range *r, s64 lo, s64 hi)
{
	r->smin = MAX(r->smin, lo);
	r->smax = MIN(r->smax, hi);
}
static inline void range_learn_unsigned(struct range *r, u64 lo, u64 hi)
{
	r->umin = MAX(r->umin, lo);
	r->umax = MIN(r->umax, hi);
}

/* The known bits at a width: all, or the low 32. */
static inline struct tnum tnum_at(struct tnum t, u32 width)
{
	return width == 64 ? t : tnum_low(t, 32);
}

#endif
