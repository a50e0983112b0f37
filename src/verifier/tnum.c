/* Known bits: see tnum.h. Invariant: value & mask == 0.
 *
 * The members of t lie between t.value (unknown bits 0) and t.value + t.mask (unknown bits 1). */
#include "verifier/tnum.h"

static struct tnum make(u64 value, u64 unknown)
{
	return (struct tnum){ value & ~unknown, unknown };
}

struct tnum tnum_const(u64 v)
{
	return (struct tnum){ v, 0 };
}

/* min and max share the bits above the highest one in which they differ; so does all between. */
struct tnum tnum_range(u64 min, u64 max)
{
	u64 differ = min ^ max;

	if (!differ)
		return tnum_const(min);
	return make(min, ~0ull >> __builtin_clzll(differ));
}

/* Carries grow with the operands: a carry is certain only where the smallest and the largest sum
 * agree about it, that is where they differ by nothing but the unknown bits themselves. */
struct tnum tnum_add(struct tnum a, struct tnum b)
{
	u64 least = a.value + b.value;
	u64 most = least + (a.mask + b.mask);

	return make(least, (least ^ most) | a.mask | b.mask);
}

/* As tnum_add, with borrows: a's unknown bits raise the difference, b's lower it. */
struct tnum tnum_sub(struct tnum a, struct tnum b)
{
	u64 some = a.value - b.value;

	return make(some, ((some + a.mask) ^ (some - b.mask)) | a.mask | b.mask);
}

/* Long multiplication: b, shifted, is added for every 1 in a; where a's bit is unknown, it is added
 * or not. */
struct tnum tnum_mul(struct tnum a, struct tnum b)
{
	struct tnum sum = tnum_const(0);

	while (a.value | a.mask) {
		if (a.value & 1)
			sum = tnum_add(sum, b);
		else if (a.mask & 1)
			sum = tnum_join(sum, tnum_add(sum, b));
		a = tnum_rsh(a, 1);
		b = tnum_lsh(b, 1);
	}
	return sum;
}

struct tnum tnum_and(struct tnum a, struct tnum b)
{
	u64 can_be_1 = (a.value | a.mask) & (b.value | b.mask);
	u64 ones = a.value & b.value;

	return (struct tnum){ ones, can_be_1 & ~ones };
}

struct tnum tnum_or(struct tnum a, struct tnum b)
{
	u64 ones = a.value | b.value;

	return (struct tnum){ ones, (a.mask | b.mask) & ~ones };
}

struct tnum tnum_xor(struct tnum a, struct tnum b)
{
	return make(a.value ^ b.value, a.mask | b.mask);
}

struct tnum tnum_lsh(struct tnum a, u32 n)
{
	return (struct tnum){ a.value << n, a.mask << n };
}

struct tnum tnum_rsh(struct tnum a, u32 n)
{
	return (struct tnum){ a.value >> n, a.mask >> n };
}

/* An unknown sign makes all bits that it is copied to unknown: shifting value and mask does that. */
struct tnum tnum_arsh(struct tnum a, u32 n, u32 width)
{
	if (width == 32)
		return (struct tnum){ (u32)((s32)a.value >> n), (u32)((s32)a.mask >> n) };
	return (struct tnum){ (u64)((s64)a.value >> n), (u64)((s64)a.mask >> n) };
}

struct tnum tnum_meet(struct tnum a, struct tnum b)
{
	return make(a.value | b.value, a.mask & b.mask);
}

struct tnum tnum_join(struct tnum a, struct tnum b)
{
	return make(a.value, a.mask | b.mask | (a.value ^ b.value));
}

bool tnum_disjoint(struct tnum a, struct tnum b)
{
	return ((a.value ^ b.value) & ~(a.mask | b.mask)) != 0;
}

/* Look at the highest known bit in which x is wrong. If it must be 1 in t and is 0 in x, keep x above it
 * and take the least member's bits from there on. If it must be 0 and is 1, the unknown bits above it
 * have to count up by one first. */
bool tnum_at_least(struct tnum t, u64 x, u64 *member)
{
	u64 wrong = (x ^ t.value) & ~t.mask, upto, above, count;

	if (!wrong) {
		*member = x;
		return true;
	}
	upto = ~0ull >> __builtin_clzll(wrong); /* the wrong bit and all below */
	above = ~upto;
	if (t.value & (upto ^ upto >> 1)) {
		*member = (x & above) | (t.value & upto);
		return true;
	}
	count = ((x | ~(t.mask & above)) + 1) & t.mask & above;
	*member = count | t.value;
	return count != 0;
}

bool tnum_is_aligned(struct tnum t, u64 size)
{
	return !((t.value | t.mask) & (size - 1));
}
