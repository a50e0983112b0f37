/* Numbers: every result contains all that the operation can give. By brute force over 4 bits at both
 * ends of the words, and with random numbers at full width (fixed seed). How precise they are is
 * scalar_kernel.c's question. */
#include <inttypes.h>
#include <linux/bpf.h>

#include "insn/insn.h"
#include "test.h"
#include "verifier/scalar.h"
#include "verifier/tnum.h"

/* --- what instructions really do --- */

static u64 alu(u8 code, s16 off, u64 d, u64 s)
{
	bool is64 = BPF_CLASS(code) == BPF_ALU64;

	if (BPF_OP(code) == BPF_NEG)
		return is64 ? 0 - d : (u32)(0 - d);
#define ALU(name, op, text, value)	  VALUE(0, op, value)
#define ALU_SIGNED(name, op, text, value) VALUE(1, op, value)
#define VALUE(signed_op, op, value)                                                                \
	if (BPF_OP(code) == (op) && !off == !(signed_op)) {                                        \
		if (is64) {                                                                        \
			enum { BITS = 64 };                                                        \
			u64 D = d, S = s;                                                          \
			s64 SD = (s64)D, SS = (s64)S;                                              \
			(void)SD, (void)SS;                                                        \
			return (u64)(value);                                                       \
		} else {                                                                           \
			enum { BITS = 32 };                                                        \
			u32 D = (u32)d, S = (u32)s;                                                \
			s32 SD = (s32)D, SS = (s32)S;                                              \
			(void)SD, (void)SS;                                                        \
			return (u32)(value);                                                       \
		}                                                                                  \
	}
#include "insn/alu.def"
#undef VALUE
	return 0;
}

static bool jumps(u8 code, u64 d, u64 s)
{
	bool is64 = BPF_CLASS(code) == BPF_JMP;
	s64 sd = is64 ? (s64)d : (s32)d, ss = is64 ? (s64)s : (s32)s;

	d = is64 ? d : (u32)d;
	s = is64 ? s : (u32)s;
	switch (BPF_OP(code)) {
	case BPF_JEQ: return d == s;
	case BPF_JNE: return d != s;
	case BPF_JSET: return d & s;
	case BPF_JGT: return d > s;
	case BPF_JGE: return d >= s;
	case BPF_JLT: return d < s;
	case BPF_JLE: return d <= s;
	case BPF_JSGT: return sd > ss;
	case BPF_JSGE: return sd >= ss;
	case BPF_JSLT: return sd < ss;
	default: return sd <= ss;
	}
}

static const u8 alu_ops[] = { BPF_ADD, BPF_SUB, BPF_MUL,  BPF_AND, BPF_OR,  BPF_XOR,
			      BPF_LSH, BPF_RSH, BPF_ARSH, BPF_DIV, BPF_MOD, BPF_NEG };
static const u8 jmp_ops[] = { BPF_JEQ, BPF_JNE,	 BPF_JSET, BPF_JGT,  BPF_JGE, BPF_JLT,
			      BPF_JLE, BPF_JSGT, BPF_JSGE, BPF_JSLT, BPF_JSLE };

static const char *show(const struct scalar *s)
{
	static char text[4][200];
	static u32 n;
	char *t = text[n++ % 4];

	snprintf(t, 200,
		 "{s[%" PRIx64 " %" PRIx64 "] u[%" PRIx64 " %" PRIx64
		 "] s32[%x %x] u32[%x %x] (%" PRIx64 "; %" PRIx64 ")}",
		 (u64)s->smin, (u64)s->smax, s->umin, s->umax, (u32)s->s32_min, (u32)s->s32_max,
		 s->u32_min, s->u32_max, s->bits.value, s->bits.mask);
	return t;
}

/* --- all numbers of 4 bits --- */

struct sample {
	struct scalar s;
	u64 member[16];
	u32 n;
};

#define MAX_SAMPLES 500
static struct sample samples[3][MAX_SAMPLES];
static u32 nr_samples[3];
static const u32 places[3] = { 0, 28, 60 }; /* where the 4 bits lie; 28: the top of the low half */

static void add_sample(u32 place, struct scalar s)
{
	struct sample *a = &samples[place][nr_samples[place]];

	scalar_sync(&s);
	a->s = s;
	a->n = 0;
	for (u64 x = 0; x < 16; x++)
		if (scalar_contains(&s, x << places[place]))
			a->member[a->n++] = x << places[place];
	if (a->n)
		nr_samples[place]++;
}

static struct scalar tnum_sample(u64 value, u64 mask, u32 place)
{
	struct scalar s = scalar_unknown();

	s.bits = (struct tnum){ (value & ~mask) << places[place], mask << places[place] };
	return s;
}

static void make_samples(u32 place)
{
	u32 sh = places[place];

	nr_samples[place] = 0;
	for (u64 mask = 0; mask < 16; mask++)
		for (u64 value = 0; value < 16; value++)
			if (!(value & mask))
				add_sample(place, tnum_sample(value, mask, place));
	for (u64 lo = 0; lo < 16; lo++) {
		for (u64 hi = lo + 1; hi < 16; hi++) { /* unsigned, and the range of the low half */
			struct scalar s = tnum_sample(0, 15, place);

			s.umin = lo << sh;
			s.umax = hi << sh;
			add_sample(place, s);
			s = tnum_sample(0, 15, place);
			if (sh < 32) {
				s.s32_min = (s32)(u32)(lo << sh);
				s.s32_max = (s32)(u32)(hi << sh);
			} else {
				s.smin = (s64)(lo << sh);
				s.smax = (s64)(hi << sh);
			}
			if (s.s32_min <= s.s32_max && s.smin <= s.smax)
				add_sample(place, s);
		}
	}
	for (u64 mask = 1; mask < 16; mask++) { /* bits and a range */
		struct scalar s = tnum_sample(mask * 5, mask, place);

		s.umin = (mask * 7 % 16) << sh;
		add_sample(place, s);
	}
}

static s16 alu_off; /* of the instruction that check_alu_pair() is about: 1 for signed division */

static void check_alu_pair(u8 code, const struct sample *a, const struct sample *b)
{
	struct scalar r = scalar_alu(code, alu_off, a->s, b->s);

	EXPECT(scalar_valid(&r), "code %02x %s %s gives %s", code, show(&a->s), show(&b->s),
	       show(&r));
	for (u32 i = 0; i < a->n; i++)
		for (u32 j = 0; j < b->n; j++)
			EXPECT(scalar_contains(&r, alu(code, alu_off, a->member[i], b->member[j])),
			       "code %02x %s %s: %" PRIx64 " and %" PRIx64 " are not in %s", code,
			       show(&a->s), show(&b->s), a->member[i], b->member[j], show(&r));
}

static void check_jump_pair(u8 code, const struct sample *a, const struct sample *b)
{
	struct scalar d[2] = { a->s, a->s }, s[2] = { b->s, b->s };
	int decision = scalar_branch(code, &a->s, &b->s);

	for (u32 taken = 0; taken < 2; taken++)
		(void)scalar_refine(code, taken, &d[taken], &s[taken]);
	for (u32 i = 0; i < a->n; i++) {
		for (u32 j = 0; j < b->n; j++) {
			u64 x = a->member[i], y = b->member[j];
			bool taken = jumps(code, x, y);

			EXPECT(decision < 0 || decision == taken,
			       "code %02x %s %s decided %d, but %" PRIx64 " %" PRIx64, code,
			       show(&a->s), show(&b->s), decision, x, y);
			EXPECT(scalar_contains(&d[taken], x) && scalar_contains(&s[taken], y),
			       "code %02x %s %s taken %d: %" PRIx64 " %" PRIx64 " are not in %s %s",
			       code, show(&a->s), show(&b->s), taken, x, y, show(&d[taken]),
			       show(&s[taken]));
		}
	}
}

static void for_all_pairs(u32 p, u32 q, u32 step,
			  void (*check)(u8, const struct sample *, const struct sample *), u8 code)
{
	for (u32 i = 0; i < nr_samples[p]; i++)
		for (u32 j = i % step; j < nr_samples[q]; j += step)
			check(code, &samples[p][i], &samples[q][j]);
}

static void for_all_places(void (*check)(u8, const struct sample *, const struct sample *), u8 code)
{
	for (u32 p = 0; p < 3; p++) {
		make_samples(p);
		for_all_pairs(p, p, 3, check, code);
	}
	for_all_pairs(2, 0, 5, check, code); /* every 5th partner */
	for_all_pairs(1, 0, 5, check, code);
	for_all_pairs(0, 2, 5, check, code);
}

TEST("arithmetic on all numbers of 4 bits contains all results")
{
	for (u32 i = 0; i < ARRAY_SIZE(alu_ops); i++) {
		for_all_places(check_alu_pair, BPF_ALU64 | alu_ops[i]);
		for_all_places(check_alu_pair, BPF_ALU | alu_ops[i]);
	}
}

TEST("signed division of all numbers of 4 bits contains all results")
{
	alu_off = 1;
	for (u32 i = 0; i < 2; i++) {
		for_all_places(check_alu_pair, BPF_ALU64 | (i ? BPF_DIV : BPF_MOD));
		for_all_places(check_alu_pair, BPF_ALU | (i ? BPF_DIV : BPF_MOD));
	}
	alu_off = 0;
}

/* One of the five ranges, from lo to hi << sh. */
static struct scalar with_range(struct scalar s, u32 which, u64 lo, u64 hi)
{
	switch (which) {
	case 0: s.umin = lo, s.umax = hi; break;
	case 1: s.smin = (s64)lo, s.smax = (s64)hi; break;
	case 2: s.u32_min = (u32)lo, s.u32_max = (u32)hi; break;
	default: s.s32_min = (s32)(u32)lo, s.s32_max = (s32)(u32)hi; break;
	}
	return s;
}

static void check_sync(const struct scalar *s, u32 sh)
{
	struct scalar after = *s;

	scalar_sync(&after);
	for (u64 x = 0; x < 16; x++)
		EXPECT(!scalar_contains(s, x << sh) || scalar_contains(&after, x << sh),
		       "sync loses %" PRIx64 " from %s, leaves %s", x << sh, show(s), show(&after));
}

TEST("what bits and ranges have in common is not lost when they learn from each other")
{
	for (u32 p = 0; p < 3; p++)
		for (u64 mask = 0; mask < 16; mask++)
			for (u64 value = 0; value < 16; value++)
				for (u32 range = 0; range < 4 * 256; range++) {
					u64 lo = range % 16, hi = range / 16 % 16;
					struct scalar s =
						with_range(tnum_sample(value, mask, p), range / 256,
							   lo << places[p], hi << places[p]);

					if (!(value & mask))
						check_sync(&s, places[p]);
				}
}

TEST("comparisons of all numbers of 4 bits decide and refine rightly")
{
	for (u32 i = 0; i < ARRAY_SIZE(jmp_ops); i++) {
		for_all_places(check_jump_pair, BPF_JMP | jmp_ops[i]);
		for_all_places(check_jump_pair, BPF_JMP32 | jmp_ops[i]);
	}
}

static void expect_in(const struct scalar *r, u64 x, const char *what, const struct scalar *of)
{
	EXPECT(scalar_contains(r, x), "%s of %s: %" PRIx64 " is not in %s", what, show(of), x,
	       show(r));
}

static u64 extend(u64 x, u32 size, u32 width)
{
	u64 r = (u64)((s64)(x << (64 - 8 * size)) >> (64 - 8 * size));

	return width == 64 ? r : (u32)r;
}

static void check_parts(const struct scalar *s, u64 x)
{
	for (u32 size = 1; size <= 4; size *= 2) {
		struct scalar z = scalar_zext(*s, size), e = scalar_sext(*s, size),
			      e32 = scalar_sext32(*s, size);

		expect_in(&z, x << (64 - 8 * size) >> (64 - 8 * size), "zext", s);
		expect_in(&e, extend(x, size, 64), "sext", s);
		expect_in(&e32, extend(x, size, 32), "sext32", s);
		EXPECT(scalar_valid(&z) && scalar_valid(&e) && scalar_valid(&e32), "%s", show(s));
	}
	for (u32 bits = 16; bits <= 64; bits *= 2) {
		struct scalar swap = scalar_bswap(BPF_ALU64 | BPF_END, *s, bits);
		struct scalar be = scalar_bswap(BPF_ALU | BPF_END | BPF_TO_BE, *s, bits);
		struct scalar le = scalar_bswap(BPF_ALU | BPF_END | BPF_TO_LE, *s, bits);
		u64 cut = bits == 64 ? x : x & ((1ull << bits) - 1),
		    swapped = __builtin_bswap64(x) >> (64 - bits);
		bool little = __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__;

		expect_in(&swap, swapped, "bswap", s);
		expect_in(&be, little ? swapped : cut, "to_be", s);
		expect_in(&le, little ? cut : swapped, "to_le", s);
	}
}

TEST("parts of all numbers of 4 bits contain all results")
{
	for (u32 p = 0; p < 3; p++) {
		make_samples(p);
		for (u32 i = 0; i < nr_samples[p]; i++)
			for (u32 j = 0; j < samples[p][i].n; j++)
				check_parts(&samples[p][i].s, samples[p][i].member[j]);
	}
}

TEST("what covers another number has all its members")
{
	for (u32 p = 0; p < 3; p++) {
		make_samples(p);
		for (u32 i = 0; i < nr_samples[p]; i++)
			for (u32 j = 0; j < nr_samples[p]; j++) {
				const struct sample *a = &samples[p][i], *b = &samples[p][j];
				bool covers = scalar_covers(&a->s, &b->s);

				for (u32 k = 0; k < b->n; k++)
					EXPECT(!covers || scalar_contains(&a->s, b->member[k]),
					       "%s %s", show(&a->s), show(&b->s));
				EXPECT(i != j || covers, "%s covers itself", show(&a->s));
			}
	}
}

/* --- full width --- */

static u64 rng_state = 1;

static u64 rnd(void) /* splitmix64 */
{
	u64 z = (rng_state += 0x9e3779b97f4a7c15ull);

	z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ull;
	z = (z ^ (z >> 27)) * 0x94d049bb133111ebull;
	return z ^ (z >> 31);
}

/* Small, close to a sign bit or to the end of a word, or anything. */
static u64 number(void)
{
	u64 r = rnd();

	switch (r % 4) {
	case 0: return (r >> 60) + (rnd() % 2 ? 0 : (1ull << (r >> 8 & 63)) - 8);
	case 1: return r >> (r >> 8 & 63);
	case 2: return ~(r >> (r >> 8 & 63));
	default: return rnd();
	}
}

/* A random number that x is a member of. */
static struct scalar around(u64 x)
{
	struct scalar s = scalar_unknown();
	u64 y = number(), z = number(), mask = rnd() & number();
	u64 what = rnd();

	if (what & 1)
		s.bits = (struct tnum){ x & ~mask, mask };
	if (what & 2) {
		s.umin = MIN(x, y);
		s.umax = MAX(x, z);
	}
	if (what & 4) {
		s.smin = MIN((s64)x, (s64)z);
		s.smax = MAX((s64)x, (s64)y);
	}
	if (what & 8) {
		s.u32_min = MIN((u32)x, (u32)y);
		s.u32_max = MAX((u32)x, (u32)z);
	}
	if (what & 16) {
		s.s32_min = MIN((s32)x, (s32)z);
		s.s32_max = MAX((s32)x, (s32)y);
	}
	if (!(what >> 5 & 7))
		s = scalar_const(x);
	return s;
}

TEST("random numbers of full width: no operation loses a member")
{
	for (u32 i = 0; i < 300000; i++) {
		u64 x = number(), y = rnd() % 4 ? number() : rnd() % 64;
		struct scalar a = around(x), b = around(y), d, s;
		u8 op = alu_ops[rnd() % ARRAY_SIZE(alu_ops)],
		   jmp = jmp_ops[rnd() % ARRAY_SIZE(jmp_ops)];
		u8 code = (rnd() % 2 ? BPF_ALU64 : BPF_ALU) | op;
		s16 off = (op == BPF_DIV || op == BPF_MOD) && rnd() % 2;
		bool taken;

		scalar_sync(&a);
		scalar_sync(&b);
		EXPECT(scalar_contains(&a, x) && scalar_valid(&a), "sync loses %" PRIx64 " from %s",
		       x, show(&a));
		d = scalar_alu(code, off, a, b);
		expect_in(&d, alu(code, off, x, y), "alu", &a);
		check_parts(&a, x);
		code = (rnd() % 2 ? BPF_JMP : BPF_JMP32) | jmp;
		taken = jumps(code, x, y);
		d = a;
		s = b;
		EXPECT(scalar_branch(code, &a, &b) != !taken, "code %02x %s %s", code, show(&a),
		       show(&b));
		EXPECT(scalar_refine(code, taken, &d, &s), "code %02x %s %s", code, show(&a),
		       show(&b));
		expect_in(&d, x, "refined dst", &a);
		expect_in(&s, y, "refined src", &b);
	}
}

TEST("the smallest member of known bits at or above a number is found")
{
	for (u32 mask = 0; mask < 64; mask++)
		for (u32 value = 0; value < 64; value++) {
			struct tnum t = { value & ~mask, mask };

			for (u64 x = 0; x < 130; x++) {
				u64 got = 0, want;
				bool found = tnum_at_least(t, x, &got);

				for (want = x; want < 64 && !tnum_contains(t, want); want++)
					;
				EXPECT(found == (want < 64) && (!found || got == want),
				       "(%x; %x) from %" PRIu64 ": %d %" PRIu64, value & ~mask,
				       mask, x, found, got);
			}
		}
}

TEST("alignment asks all members")
{
	EXPECT(tnum_is_aligned(tnum_const(0), 8));
	EXPECT(tnum_is_aligned((struct tnum){ 8, 0x30 }, 8));
	EXPECT(!tnum_is_aligned((struct tnum){ 8, 4 }, 8));
	EXPECT(tnum_is_aligned((struct tnum){ 8, 4 }, 4));
	EXPECT(!tnum_is_aligned(tnum_const(6), 4));
}
