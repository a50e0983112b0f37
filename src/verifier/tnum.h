/* Known bits (struct tnum of scalar.h): operations that only the scalar files need. Each result holds
 * every OP of a member of a with a member of b. After Vishwanathan, Shachnai, Narayana, Nagarakatte:
 * "Sound, Precise, and Fast Abstract Interpretation with Tristate Numbers", CGO 2022. */
#ifndef SKEP_VERIFIER_TNUM_H
#define SKEP_VERIFIER_TNUM_H

#include "verifier/scalar.h"

struct tnum tnum_sub(struct tnum a, struct tnum b);
struct tnum tnum_mul(struct tnum a, struct tnum b);
struct tnum tnum_and(struct tnum a, struct tnum b);
struct tnum tnum_or(struct tnum a, struct tnum b);
struct tnum tnum_xor(struct tnum a, struct tnum b);
struct tnum tnum_lsh(struct tnum a, u32 n);
struct tnum tnum_rsh(struct tnum a, u32 n);
struct tnum tnum_arsh(struct tnum a, u32 n, u32 width); /* of the low 32 or all 64 bits */

/* The numbers in a and in b. If there are none (they disagree about a bit) the result is some tnum. */
struct tnum tnum_meet(struct tnum a, struct tnum b);
/* The smallest tnum that holds a and b. */
struct tnum tnum_join(struct tnum a, struct tnum b);
bool tnum_disjoint(struct tnum a, struct tnum b);
/* The smallest member >= x; false if there is none. */
bool tnum_at_least(struct tnum t, u64 x, u64 *member);

static inline struct tnum tnum_low(struct tnum t,
				   u32 bits) /* keep the low bits (< 64), zero above */
{
	u64 keep = (1ull << bits) - 1;

	return (struct tnum){ t.value & keep, t.mask & keep };
}
static inline struct tnum tnum_replace_low32(struct tnum t, struct tnum low)
{
	u64 high = ~0ull << 32;

	return (struct tnum){ (t.value & high) | (u32)low.value, (t.mask & high) | (u32)low.mask };
}
static inline bool tnum_is_const(struct tnum t)
{
	return !t.mask;
}
static inline bool tnum_contains(struct tnum t, u64 x)
{
	return ((x ^ t.value) & ~t.mask) == 0;
}

#endif
