/* The domain of numbers: what is known about a 64-bit register that holds no pointer. Known bits
 * (tnum) and four ranges: signed and unsigned, of all 64 and of the low 32 bits.
 *
 * Pure: knows nothing of programs, maps or logs. Sound: every function's result contains each
 * concrete result of members of its arguments (brute-forced in tests/unit/scalar.c). Exact where
 * Linux 6.18 is: the ranges are visible in the verifier's log and decide verdicts. */
#ifndef SKEP_VERIFIER_SCALAR_H
#define SKEP_VERIFIER_SCALAR_H

#include "base/types.h"

struct tnum { /* bit i is known to be value's if mask's is 0; value & mask == 0 */
	u64 value, mask;
};

struct scalar {
	struct tnum bits;
	s64 smin, smax;
	u64 umin, umax;
	s32 s32_min, s32_max; /* of the low 32 bits */
	u32 u32_min, u32_max;
};

struct scalar scalar_unknown(void);
struct scalar scalar_const(u64 x);
struct scalar scalar_urange(u64 lo, u64 hi);
bool scalar_is_const(const struct scalar *s);
bool scalar_is_const32(const struct scalar *s); /* low 32 bits */
bool scalar_contains(const struct scalar *s, u64 x);
bool scalar_equal(const struct scalar *a, const struct scalar *b);
bool scalar_is_unknown(const struct scalar *s);
/* Is every member of b a member of a? (May say no wrongly, never yes.) The pruning relation. */
bool scalar_covers(const struct scalar *a, const struct scalar *b);
/* Internal consistency (an invariant, for assertions): ranges ordered, representation canonical. */
bool scalar_valid(const struct scalar *s);
/* Let every part learn from the others, as far as Linux does. */
void scalar_sync(struct scalar *s);

/* dst OP src. code: a whole opcode byte (BPF_ALU or BPF_ALU64, BPF_ADD … BPF_ARSH, BPF_NEG, BPF_DIV,
 * BPF_MOD); off: the instruction's (1 = signed division). For BPF_ALU the result is zero-extended.
 * BPF_MOV and BPF_END are scalar_* below. */
struct scalar scalar_alu(u8 code, s16 off, struct scalar dst, struct scalar src);
struct scalar scalar_zext(struct scalar s, u32 size); /* keep the low size bytes, 1, 2, 4 */
struct scalar scalar_sext(struct scalar s, u32 size); /* the low size bytes, sign-extended to 64 */
struct scalar scalar_sext32(struct scalar s, u32 size); /* … to 32, zero above */
/* BPF_END: code tells to_le, to_be or (ALU64) bswap; bits 16, 32, 64. */
struct scalar scalar_bswap(u8 code, struct scalar s, u32 bits);

/* Would `if dst OP src` (BPF_JEQ …, 64 or 32 bits) jump? 1 always, 0 never, -1 perhaps. */
int scalar_branch(u8 code, const struct scalar *dst, const struct scalar *src);
/* What dst and src are where the jump is taken (taken == true) or not. Returns false if that is
 * impossible (no number is left): Linux says "REG INVARIANTS VIOLATION" then and goes on with what is
 * left in them, a value without ranges. */
bool scalar_refine(u8 code, bool taken, struct scalar *dst, struct scalar *src);

/* tnum, as far as others need it */
struct tnum tnum_const(u64 v);
struct tnum tnum_range(u64 min, u64 max);
struct tnum tnum_add(struct tnum a, struct tnum b);
bool tnum_is_aligned(struct tnum t, u64 size); /* are all members multiples of size? */

#endif
