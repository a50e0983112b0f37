/* Numbers cut to some of their low bytes and extended again: narrow loads and stores, moves of 32 bits,
 * sign-extending moves, byte swaps. As precise as Linux 6.18, no more (see scalar.c). */
#include "verifier/scalar.h"

#include <linux/bpf.h>

#include "verifier/range.h"

struct scalar scalar_zext(struct scalar s, u32 size)
{
	u64 keep = unsigned_max(32) >> (32 - size * 8);
	struct range r = range_get(&s, 64);

	if ((r.umin & ~keep) == (r.umax & ~keep)) {
		r.umin &= keep;
		r.umax &= keep;
	} else {
		r.umin = 0;
		r.umax = keep;
	}
	r.smin = (s64)r.umin;
	r.smax = (s64)r.umax;
	range_put(&s, r, 64);
	s.bits = tnum_low(s.bits, size * 8);
	if (size < 4)
		range_put(&s, range_full(32), 32);
	scalar_sync(&s);
	return s;
}

/* The low `bits` of x, sign-extended. */
static inline s64 sign_extend(u64 x, u32 bits)
{
	return (s64)(x << (64 - bits)) >> (64 - bits);
}

static struct scalar from_range(s64 lo, s64 hi)
{
	struct scalar s = scalar_unknown();

	s.smin = lo;
	s.smax = hi;
	scalar_sync(&s);
	return s;
}

/* Sign-extend the low bits of the signed range r of `width` bits. If all its members have the same
 * bits above, they stay in order as long as they have the same sign. */
static struct scalar extend_range(struct range r, u32 bits)
{
	s64 lo = sign_extend((u64)r.smin, bits), hi = sign_extend((u64)r.smax, bits);
	s64 sign = (s64)1 << (bits - 1);

	if (r.smin >> bits == r.smax >> bits && (lo < 0) == (hi < 0))
		return from_range(lo, hi);
	return from_range(-sign, sign - 1);
}

struct scalar scalar_sext(struct scalar s, u32 size)
{
	if (scalar_is_const(&s))
		return scalar_const((u64)sign_extend(s.bits.value, size * 8));
	return extend_range(range_get(&s, 64), size * 8);
}

struct scalar scalar_sext32(struct scalar s, u32 size)
{
	if (scalar_is_const32(&s))
		s = scalar_const((u64)sign_extend(s.bits.value, size * 8));
	else
		s = extend_range(range_get(&s, 32), size * 8);
	return scalar_zext(s, 4);
}

static u64 swap_bytes(u64 x, u32 bits)
{
	return __builtin_bswap64(x) >> (64 - bits);
}

/* Programs run in the machine's byte order: one of to_le and to_be swaps, the other only cuts. Known
 * bits move along; the ranges of what is swapped are lost. */
struct scalar scalar_bswap(u8 code, struct scalar s, u32 bits)
{
	u8 swapping = __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__ ? BPF_TO_BE : BPF_TO_LE;
	struct scalar r = scalar_unknown();

	if (BPF_CLASS(code) == BPF_ALU && BPF_SRC(code) != swapping)
		return bits == 64 ? s : scalar_zext(s, bits / 8);
	r.bits = (struct tnum){ swap_bytes(s.bits.value, bits), swap_bytes(s.bits.mask, bits) };
	scalar_sync(&r);
	return r;
}
