/* Arithmetic on numbers. Every operation has a rule for known bits (tnum.c) and one for ranges, which
 * is the same at 64 and at 32 bits; a 64-bit operation computes both ranges, for the low halves of its
 * operands determine the low half of its result (shifts to the right excepted).
 *
 * Sound because: a range rule gives up (the full range) wherever an end could wrap without all members
 * wrapping alike. As precise as Linux 6.18, no more (see scalar.c). */
#include "verifier/scalar.h"

#include <linux/bpf.h>

#include "verifier/range.h"

/* --- numbers of `width` bits: does the result leave them? --- */

static inline bool wraps_signed(s64 x, u32 width)
{
	return as_signed((u64)x, width) != x;
}
static inline bool wraps_unsigned(u64 x, u32 width)
{
	return x > unsigned_max(width);
}

/* Each returns whether the exact result is out of range; *r is the wrapped one. */
static inline bool add_s(s64 a, s64 b, u32 width, s64 *r)
{
	return __builtin_add_overflow(a, b, r) || wraps_signed(*r, width);
}
static inline bool sub_s(s64 a, s64 b, u32 width, s64 *r)
{
	return __builtin_sub_overflow(a, b, r) || wraps_signed(*r, width);
}
static inline bool mul_s(s64 a, s64 b, u32 width, s64 *r)
{
	return __builtin_mul_overflow(a, b, r) || wraps_signed(*r, width);
}
static inline bool add_u(u64 a, u64 b, u32 width, u64 *r)
{
	bool wraps = __builtin_add_overflow(a, b, r) || wraps_unsigned(*r, width);

	*r &= unsigned_max(width);
	return wraps;
}
static inline bool sub_u(u64 a, u64 b, u32 width, u64 *r)
{
	bool wraps = __builtin_sub_overflow(a, b, r);

	*r &= unsigned_max(width);
	return wraps;
}
static inline bool mul_u(u64 a, u64 b, u32 width, u64 *r)
{
	return __builtin_mul_overflow(a, b, r) || wraps_unsigned(*r, width);
}

/* --- ranges: d OP= s. bits: the known bits of the result --- */

/* If both unsigned ends wrap, so does all between, and the order stays. */
static inline void range_add(struct range *d, const struct range *s, u32 width)
{
	bool lo, hi;

	if (add_s(d->smin, s->smin, width, &d->smin) | add_s(d->smax, s->smax, width, &d->smax))
		range_forget_signed(d, width);
	lo = add_u(d->umin, s->umin, width, &d->umin);
	hi = add_u(d->umax, s->umax, width, &d->umax);
	if (lo != hi)
		range_forget_unsigned(d, width);
}

static inline void range_sub(struct range *d, const struct range *s, u32 width)
{
	bool lo, hi;

	if (sub_s(d->smin, s->smax, width, &d->smin) | sub_s(d->smax, s->smin, width, &d->smax))
		range_forget_signed(d, width);
	lo = sub_u(d->umin, s->umax, width, &d->umin);
	hi = sub_u(d->umax, s->umin, width, &d->umax);
	if (lo != hi)
		range_forget_unsigned(d, width);
}

/* The extreme products are among those of the ends. */
static inline void range_mul_signed(struct range *d, const struct range *s, u32 width)
{
	s64 p[4];

	if (mul_s(d->smin, s->smin, width, &p[0]) | mul_s(d->smin, s->smax, width, &p[1]) |
	    mul_s(d->smax, s->smin, width, &p[2]) | mul_s(d->smax, s->smax, width, &p[3])) {
		range_forget_signed(d, width);
		return;
	}
	d->smin = MIN(MIN(p[0], p[1]), MIN(p[2], p[3]));
	d->smax = MAX(MAX(p[0], p[1]), MAX(p[2], p[3]));
}

static inline void range_mul(struct range *d, const struct range *s, u32 width)
{
	range_mul_signed(d, s, width);
	if (mul_u(d->umin, s->umin, width, &d->umin) | mul_u(d->umax, s->umax, width, &d->umax))
		range_forget_unsigned(d, width);
}

/* An unsigned range; signed it is the same if it does not cross the sign bit. */
static inline void range_set(struct range *d, u64 lo, u64 hi, u32 width)
{
	d->umin = lo;
	d->umax = hi;
	if (as_signed(lo, width) <= as_signed(hi, width)) {
		d->smin = as_signed(lo, width);
		d->smax = as_signed(hi, width);
	} else {
		range_forget_signed(d, width);
	}
}

static inline void range_and(struct range *d, const struct range *s, struct tnum bits, u32 width)
{
	range_set(d, bits.value, MIN(d->umax, s->umax), width);
}

static inline void range_or(struct range *d, const struct range *s, struct tnum bits, u32 width)
{
	range_set(d, MAX(d->umin, s->umin), bits.value | bits.mask, width);
}

static inline void range_xor(struct range *d, const struct range *s, struct tnum bits, u32 width)
{
	(void)s;
	range_set(d, bits.value, bits.value | bits.mask, width);
}

/* --- both ranges and the bits --- */

typedef void (*range_op)(struct range *, const struct range *, u32);
typedef void (*range_bits_op)(struct range *, const struct range *, struct tnum, u32);

static inline void apply(struct scalar *d, const struct scalar *s, range_op op, u32 width)
{
	struct range r = range_get(d, width), q = range_get(s, width);

	op(&r, &q, width);
	range_put(d, r, width);
}

static inline void apply_bits(struct scalar *d, const struct scalar *s, range_bits_op op, u32 width)
{
	struct range r = range_get(d, width), q = range_get(s, width);

	op(&r, &q, tnum_at(d->bits, width), width);
	range_put(d, r, width);
}

static inline void arithmetic(struct scalar *d, const struct scalar *s, struct tnum bits,
			      range_op op)
{
	d->bits = bits;
	apply(d, s, op, 32);
	apply(d, s, op, 64);
}

static inline void bitwise(struct scalar *d, const struct scalar *s, struct tnum bits,
			   range_bits_op op)
{
	d->bits = bits;
	apply_bits(d, s, op, 32);
	apply_bits(d, s, op, 64);
}

static void negate(struct scalar *d)
{
	struct scalar zero = scalar_const(0);

	arithmetic(&zero, d, tnum_sub(zero.bits, d->bits), range_sub);
	*d = zero;
}

/* --- shifts by a known number: n < width --- */

/* May a bit be shifted out? Linux does not ask so exactly: one more number counts as "yes" than must. */
static inline void range_lsh_unsigned(struct range *r, u32 n, u32 width)
{
	if (n >= width || r->umax > 1ull << (width - 1 - n)) {
		range_forget_unsigned(r, width);
		return;
	}
	r->umin <<= n;
	r->umax <<= n;
}

static void shift_left(struct scalar *d, u32 n)
{
	struct range all = range_get(d, 64), low = range_get(d, 32);

	range_forget_signed(&all, 64);
	if (n == 32) { /* half of a sign extension, as compilers write it */
		all.smin = (s64)((u64)low.smin << 32);
		all.smax = (s64)((u64)low.smax << 32);
	}
	range_lsh_unsigned(&all, n, 64);
	range_forget_signed(&low, 32);
	range_lsh_unsigned(&low, n, 32);
	range_put(d, all, 64);
	range_put(d, low, 32);
	d->bits = tnum_lsh(d->bits, n);
}

/* To the right: only the range of the operation's own width is shifted, and only as a number without
 * sign (logical) or with one (arithmetic); all else follows from the bits. */
static void shift_right(struct scalar *d, u32 n, bool arithmetic_shift, u32 width)
{
	struct range r = range_get(d, width), s = range_full(width);

	if (arithmetic_shift) {
		s.smin = r.smin >> n;
		s.smax = r.smax >> n;
		d->bits = tnum_arsh(tnum_at(d->bits, width), n, width);
	} else {
		s.umin = r.umin >> n;
		s.umax = r.umax >> n;
		d->bits = tnum_rsh(tnum_at(d->bits, width), n);
	}
	range_put(d, range_full(64), 64);
	range_put(d, range_full(32), 32);
	range_put(d, s, width);
}

/* Returns false if nothing is known about the result. */
static bool shift(struct scalar *d, const struct scalar *s, u8 op, u32 width)
{
	bool known = width == 64 ? scalar_is_const(s) : scalar_is_const32(s);

	if (!known || s->umax >= width)
		return false;
	if (op == BPF_LSH)
		shift_left(d, (u32)s->umin);
	else
		shift_right(d, (u32)s->umin, op == BPF_ARSH, width);
	return true;
}

/* Returns false if nothing is known about the result: Linux 6.18 knows none of divisions. */
static bool compute(struct scalar *d, const struct scalar *s, u8 op, u32 width)
{
	switch (op) {
	case BPF_ADD: arithmetic(d, s, tnum_add(d->bits, s->bits), range_add); return true;
	case BPF_SUB: arithmetic(d, s, tnum_sub(d->bits, s->bits), range_sub); return true;
	case BPF_MUL: arithmetic(d, s, tnum_mul(d->bits, s->bits), range_mul); return true;
	case BPF_AND: bitwise(d, s, tnum_and(d->bits, s->bits), range_and); return true;
	case BPF_OR: bitwise(d, s, tnum_or(d->bits, s->bits), range_or); return true;
	case BPF_XOR: bitwise(d, s, tnum_xor(d->bits, s->bits), range_xor); return true;
	case BPF_NEG: negate(d); return true;
	case BPF_LSH:
	case BPF_RSH:
	case BPF_ARSH: return shift(d, s, op, width);
	default: return false;
	}
}

/* The low half as a number of 64 bits: its ranges are all that is known. */
static void zero_extend(struct scalar *d)
{
	d->bits = tnum_low(d->bits, 32);
	d->umin = d->u32_min;
	d->umax = d->u32_max;
	d->smin = 0;
	d->smax = UINT32_MAX;
}

struct scalar scalar_alu(u8 code, s16 off, struct scalar dst, struct scalar src)
{
	u32 width = BPF_CLASS(code) == BPF_ALU64 ? 64 : 32;

	(void)off; /* signed or not, nothing is known about divisions */
	if (!compute(&dst, &src, BPF_OP(code), width))
		return scalar_unknown();
	if (width == 32)
		zero_extend(&dst);
	scalar_sync(&dst);
	return dst;
}
