/* RFC 9669's instructions by conformance group, each with every pair of registers, since the
 * interpreter has code of its own for each pair and the JIT's depends on them. Runs once per engine
 * (asm_engine() in asm.h). Expected values are literals, worked out by a script
 * from the RFC's text and not from our sources. */
#include "unit/test.h"

#include "base/err.h"
#include "unit/asm.h"

static struct runtime rt;
static struct skep_run *run;
static u64 seen[10]; /* r0 … r9 as `observe` found them on the program's stack */

static u64 observe(u64 r1, u64 r2, u64 r3, u64 r4, u64 r5, struct skep_run *r)
{
	memcpy(seen, (void *)(uintptr_t)r1, sizeof(seen));
	return 0;
}

static u64 sum5(u64 r1, u64 r2, u64 r3, u64 r4, u64 r5, struct skep_run *r)
{
	return r1 + 2 * r2 + 3 * r3 + 4 * r4 + 5 * r5 + (r == run ? 1000 : 0);
}

static u64 call_back(u64 r1, u64 r2, u64 r3, u64 r4, u64 r5, struct skep_run *r)
{
	u64 sum = 0;

	for (u64 i = 0; i < r2; i++)
		sum += r->callback(r, r1, i, r3, 0, 0, 0);
	return sum;
}

static const struct skep_helper test_helpers[] = {
	{ .id = 200, .name = "observe", .fn = observe },
	{ .id = 201, .name = "sum5", .fn = sum5 },
	{ .id = 202, .name = "call_back", .fn = call_back },
};
#define OBSERVE	  200
#define SUM5	  201
#define CALL_BACK 202

static bool packet_byte(const void *ctx, s32 off, u32 size, u64 *out)
{
	const u8 *bytes = ctx;

	*out = 0;
	if (off < 0 || off + size > 16)
		return false;
	for (u32 i = 0; i < size; i++)
		*out = *out << 8 | bytes[off + i];
	return true;
}

static struct skep_prog *tail_progs[2];
static struct skep_prog *tail_prog(struct skep_map *m, u32 index)
{
	return index < ARRAY_SIZE(tail_progs) ? tail_progs[index] : NULL;
}

static void begin(void)
{
	if (run)
		return;
	EXPECT_EQ(runtime_init(&rt, NULL), 0);
	for (size_t i = 0; i < ARRAY_SIZE(test_helpers); i++)
		rt.helpers[test_helpers[i].id] = &test_helpers[i];
	rt.ld_abs = packet_byte;
	rt.prog_array_get = tail_prog;
	run = run_enter(&rt);
}

static u64 run_insns(const struct bpf_insn *insns, u32 n, void *ctx, const u32 *subs)
{
	struct skep_prog *p = asm_prog(&rt, insns, n, subs);
	u64 ret;

	if (!p) {
		EXPECT(0, "%s", last_error());
		return 0;
	}
	ret = prog_run(p, ctx, run);
	asm_free(p);
	return ret;
}
#define RUN(ctx, ...)                                                                              \
	({                                                                                         \
		struct bpf_insn insns_[] = { __VA_ARGS__ };                                        \
		run_insns(insns_, ARRAY_SIZE(insns_), ctx, NULL);                                  \
	})

#define BEFORE(r) (0x1111111111111111ull * ((r) + 1)) /* what r0 … r9 hold before the instruction */

/* Run `insns` with the registers set to BEFORE and then d = a, s = b; leaves the registers in seen. A
 * jump may skip the end's first instruction, which adds 1 to r9. */
static void run_on(u32 d, u64 a, u32 s, u64 b, const struct bpf_insn *insns, u32 n)
{
	struct bpf_insn prog[64];
	u32 len = 0;

#define ADD(...)                                                                                   \
	do {                                                                                       \
		struct bpf_insn add_[] = { __VA_ARGS__ };                                          \
		memcpy(&prog[len], add_, sizeof(add_));                                            \
		len += ARRAY_SIZE(add_);                                                           \
	} while (0)
	for (u32 r = 0; r < 10; r++)
		ADD(LD64(r, BEFORE(r)));
	ADD(LD64(d, a));
	if (s != d && s < 10)
		ADD(LD64(s, b));
	memcpy(&prog[len], insns, n * sizeof(*insns));
	len += n;
	for (u32 r = 0; r < 10; r++)
		ADD(STX(BPF_DW, 10, r, -80 + 8 * (s16)r));
	ADD(MOV_X(1, 10), ALU64_K(BPF_ADD, 1, -80), CALL(OBSERVE), EXIT());
	memset(seen, 0, sizeof(seen));
	run_insns(prog, len, NULL, NULL);
}

/* All registers but r (and other) are as before, s holds b. */
static void expect_untouched(u32 r, u32 other, u32 s, u64 b, const char *what)
{
	for (u32 i = 0; i < 10; i++)
		if (i != r && i != other)
			EXPECT(seen[i] == (i == s ? b : BEFORE(i)), "%s: r%u changed to %llx", what,
			       i, (unsigned long long)seen[i]);
}

#define EACH_PAIR(d, s)                                                                            \
	for (u32 d = 0; d < 10; d++)                                                               \
		for (u32 s = 0; s < 10; s++)                                                       \
			if (d != s)

/* --- arithmetic: base32, base64, divmul32, divmul64 --- */

static const struct {
	const char *name;
	u8 code;
	s16 off;
	u64 a, b, wide, narrow; /* a op b, at 64 and at 32 bits */
} alu[] = {
	{ "add", 0x00, 0, 0x123456789abcdef0, 0xfffffffffffffff5, 0x123456789abcdee5, 0x9abcdee5 },
	{ "add", 0x00, 0, 0xfedcba9876543210, 0x13, 0xfedcba9876543223, 0x76543223 },
	{ "add", 0x00, 0, 0x5, 0xffffffff80000000, 0xffffffff80000005, 0x80000005 },
	{ "add", 0x00, 0, 0xffffffff, 0x1, 0x100000000, 0x0 },
	{ "add", 0x00, 0, 0xffffffffffffffff, 0x1, 0x0, 0x0 },
	{ "sub", 0x10, 0, 0x123456789abcdef0, 0xfffffffffffffff5, 0x123456789abcdefb, 0x9abcdefb },
	{ "sub", 0x10, 0, 0xfedcba9876543210, 0x13, 0xfedcba98765431fd, 0x765431fd },
	{ "sub", 0x10, 0, 0x5, 0xffffffff80000000, 0x80000005, 0x80000005 },
	{ "sub", 0x10, 0, 0x0, 0x1, 0xffffffffffffffff, 0xffffffff },
	{ "mul", 0x20, 0, 0x123456789abcdef0, 0xfffffffffffffff5, 0x37c048d159e26bb0, 0x59e26bb0 },
	{ "mul", 0x20, 0, 0xfedcba9876543210, 0x13, 0xea61d950c83fb730, 0xc83fb730 },
	{ "mul", 0x20, 0, 0x5, 0xffffffff80000000, 0xfffffffd80000000, 0x80000000 },
	{ "mul", 0x20, 0, 0xffffffff, 0xffffffff, 0xfffffffe00000001, 0x1 },
	{ "div", 0x30, 0, 0x123456789abcdef0, 0xfffffffffffffff5, 0x0, 0x0 },
	{ "div", 0x30, 0, 0xfedcba9876543210, 0x13, 0xd69eedf9a703887, 0x63a537a },
	{ "div", 0x30, 0, 0x5, 0xffffffff80000000, 0x0, 0x0 },
	{ "div", 0x30, 0, 0x7, 0x0, 0x0, 0x0 },
	{ "div", 0x30, 0, 0xffffffffffffffff, 0xa, 0x1999999999999999, 0x19999999 },
	{ "sdiv", 0x30, 1, 0x123456789abcdef0, 0xfffffffffffffff5, 0xfe58553adaa90302, 0x934a5ea },
	{ "sdiv", 0x30, 1, 0xfedcba9876543210, 0x13, 0xfff0ab814998a452, 0x63a537a },
	{ "sdiv", 0x30, 1, 0x5, 0xffffffff80000000, 0x0, 0x0 },
	{ "sdiv", 0x30, 1, 0x7, 0x0, 0x0, 0x0 },
	{ "sdiv", 0x30, 1, 0xfffffffffffffff3, 0x3, 0xfffffffffffffffc, 0xfffffffc },
	{ "sdiv", 0x30, 1, 0xd, 0xfffffffffffffffd, 0xfffffffffffffffc, 0xfffffffc },
	{ "sdiv", 0x30, 1, 0x8000000000000000, 0xffffffffffffffff, 0x8000000000000000, 0x0 },
	{ "sdiv", 0x30, 1, 0x80000000, 0xffffffffffffffff, 0xffffffff80000000, 0x80000000 },
	{ "or", 0x40, 0, 0x123456789abcdef0, 0xfffffffffffffff5, 0xfffffffffffffff5, 0xfffffff5 },
	{ "or", 0x40, 0, 0xfedcba9876543210, 0x13, 0xfedcba9876543213, 0x76543213 },
	{ "or", 0x40, 0, 0x5, 0xffffffff80000000, 0xffffffff80000005, 0x80000005 },
	{ "and", 0x50, 0, 0x123456789abcdef0, 0xfffffffffffffff5, 0x123456789abcdef0, 0x9abcdef0 },
	{ "and", 0x50, 0, 0xfedcba9876543210, 0x13, 0x10, 0x10 },
	{ "and", 0x50, 0, 0x5, 0xffffffff80000000, 0x0, 0x0 },
	{ "lsh", 0x60, 0, 0x123456789abcdef0, 0xfffffffffffffff5, 0xde00000000000000, 0xde000000 },
	{ "lsh", 0x60, 0, 0xfedcba9876543210, 0x13, 0xd4c3b2a190800000, 0x90800000 },
	{ "lsh", 0x60, 0, 0x5, 0xffffffff80000000, 0x5, 0x5 },
	{ "lsh", 0x60, 0, 0x1, 0x3f, 0x8000000000000000, 0x80000000 },
	{ "lsh", 0x60, 0, 0x1, 0x40, 0x1, 0x1 },
	{ "lsh", 0x60, 0, 0x1, 0x1f, 0x80000000, 0x80000000 },
	{ "lsh", 0x60, 0, 0x3, 0x21, 0x600000000, 0x6 },
	{ "rsh", 0x70, 0, 0x123456789abcdef0, 0xfffffffffffffff5, 0x91, 0x4d5 },
	{ "rsh", 0x70, 0, 0xfedcba9876543210, 0x13, 0x1fdb97530eca, 0xeca },
	{ "rsh", 0x70, 0, 0x5, 0xffffffff80000000, 0x5, 0x5 },
	{ "rsh", 0x70, 0, 0xffffffffffffffff, 0x3f, 0x1, 0x1 },
	{ "rsh", 0x70, 0, 0xffffffffffffffff, 0x1f, 0x1ffffffff, 0x1 },
	{ "rsh", 0x70, 0, 0xffffffffffffffff, 0x21, 0x7fffffff, 0x7fffffff },
	{ "mod", 0x90, 0, 0x123456789abcdef0, 0xfffffffffffffff5, 0x123456789abcdef0, 0x9abcdef0 },
	{ "mod", 0x90, 0, 0xfedcba9876543210, 0x13, 0xb, 0x2 },
	{ "mod", 0x90, 0, 0x5, 0xffffffff80000000, 0x5, 0x5 },
	{ "mod", 0x90, 0, 0x7, 0x0, 0x7, 0x7 },
	{ "mod", 0x90, 0, 0x100000007, 0x100000000, 0x7, 0x7 },
	{ "smod", 0x90, 1, 0x123456789abcdef0, 0xfffffffffffffff5, 0x6, 0xfffffffe },
	{ "smod", 0x90, 1, 0xfedcba9876543210, 0x13, 0xfffffffffffffffa, 0x2 },
	{ "smod", 0x90, 1, 0x5, 0xffffffff80000000, 0x5, 0x5 },
	{ "smod", 0x90, 1, 0x7, 0x0, 0x7, 0x7 },
	{ "smod", 0x90, 1, 0xfffffffffffffff3, 0x3, 0xffffffffffffffff, 0xffffffff },
	{ "smod", 0x90, 1, 0xd, 0xfffffffffffffffd, 0x1, 0x1 },
	{ "smod", 0x90, 1, 0x8000000000000000, 0xffffffffffffffff, 0x0, 0x0 },
	{ "smod", 0x90, 1, 0x80000000, 0xffffffffffffffff, 0x0, 0x0 },
	{ "xor", 0xa0, 0, 0x123456789abcdef0, 0xfffffffffffffff5, 0xedcba98765432105, 0x65432105 },
	{ "xor", 0xa0, 0, 0xfedcba9876543210, 0x13, 0xfedcba9876543203, 0x76543203 },
	{ "xor", 0xa0, 0, 0x5, 0xffffffff80000000, 0xffffffff80000005, 0x80000005 },
	{ "mov", 0xb0, 0, 0x123456789abcdef0, 0xfffffffffffffff5, 0xfffffffffffffff5, 0xfffffff5 },
	{ "mov", 0xb0, 0, 0xfedcba9876543210, 0x13, 0x13, 0x13 },
	{ "mov", 0xb0, 0, 0x5, 0xffffffff80000000, 0xffffffff80000000, 0x80000000 },
	{ "movsx8", 0xb0, 8, 0x123456789abcdef0, 0xfffffffffffffff5, 0xfffffffffffffff5,
	  0xfffffff5 },
	{ "movsx8", 0xb0, 8, 0xfedcba9876543210, 0x13, 0x13, 0x13 },
	{ "movsx8", 0xb0, 8, 0x5, 0xffffffff80000000, 0x0, 0x0 },
	{ "movsx8", 0xb0, 8, 0x0, 0x7f, 0x7f, 0x7f },
	{ "movsx8", 0xb0, 8, 0x0, 0x80, 0xffffffffffffff80, 0xffffff80 },
	{ "movsx16", 0xb0, 16, 0x123456789abcdef0, 0xfffffffffffffff5, 0xfffffffffffffff5,
	  0xfffffff5 },
	{ "movsx16", 0xb0, 16, 0xfedcba9876543210, 0x13, 0x13, 0x13 },
	{ "movsx16", 0xb0, 16, 0x5, 0xffffffff80000000, 0x0, 0x0 },
	{ "movsx16", 0xb0, 16, 0x0, 0x7fff, 0x7fff, 0x7fff },
	{ "movsx16", 0xb0, 16, 0x0, 0x8000, 0xffffffffffff8000, 0xffff8000 },
	{ "movsx32", 0xb0, 32, 0x123456789abcdef0, 0xfffffffffffffff5, 0xfffffffffffffff5,
	  0xfffffff5 },
	{ "movsx32", 0xb0, 32, 0xfedcba9876543210, 0x13, 0x13, 0x13 },
	{ "movsx32", 0xb0, 32, 0x5, 0xffffffff80000000, 0xffffffff80000000, 0x80000000 },
	{ "movsx32", 0xb0, 32, 0x0, 0x7fffffff, 0x7fffffff, 0x7fffffff },
	{ "movsx32", 0xb0, 32, 0x0, 0x80000000, 0xffffffff80000000, 0x80000000 },
	{ "arsh", 0xc0, 0, 0x123456789abcdef0, 0xfffffffffffffff5, 0x91, 0xfffffcd5 },
	{ "arsh", 0xc0, 0, 0xfedcba9876543210, 0x13, 0xffffffdb97530eca, 0xeca },
	{ "arsh", 0xc0, 0, 0x5, 0xffffffff80000000, 0x5, 0x5 },
	{ "arsh", 0xc0, 0, 0x8000000000000000, 0x3f, 0xffffffffffffffff, 0x0 },
	{ "arsh", 0xc0, 0, 0x80000000, 0x1f, 0x1, 0xffffffff },
	{ "arsh", 0xc0, 0, 0x80000000, 0x21, 0x0, 0xc0000000 },
};

static void check_alu(size_t row, u8 class, u64 expected)
{
	bool sign_extend = alu[row].code == BPF_MOV && alu[row].off;

	if (class == BPF_ALU && sign_extend && alu[row].off == 32)
		return; /* there is none */
	EACH_PAIR(d, s)
	{
		struct bpf_insn i = INSN(class | BPF_X | alu[row].code, d, s, alu[row].off, 0);

		run_on(d, alu[row].a, s, alu[row].b, &i, 1);
		EXPECT(seen[d] == expected, "%s row %zu r%u r%u: %llx, not %llx", alu[row].name,
		       row, d, s, (unsigned long long)seen[d], (unsigned long long)expected);
		expect_untouched(d, d, s, alu[row].b, alu[row].name);
	}
}

static void check_alu_imm(size_t row, u8 class, u64 expected)
{
	s64 imm = (s64)alu[row].b;

	if (imm != (s32)imm || (alu[row].code == BPF_MOV && alu[row].off))
		return;
	for (u32 d = 0; d < 10; d++) {
		struct bpf_insn i = INSN(class | BPF_K | alu[row].code, d, 0, alu[row].off, imm);

		run_on(d, alu[row].a, d, 0, &i, 1);
		EXPECT(seen[d] == expected, "%s row %zu r%u imm: %llx, not %llx", alu[row].name,
		       row, d, (unsigned long long)seen[d], (unsigned long long)expected);
		expect_untouched(d, d, d, 0, alu[row].name);
	}
}

TEST("base64, divmul64: arithmetic on 64 bits")
{
	begin();
	for (size_t row = 0; row < ARRAY_SIZE(alu); row++) {
		check_alu(row, BPF_ALU64, alu[row].wide);
		check_alu_imm(row, BPF_ALU64, alu[row].wide);
	}
}

TEST("base32, divmul32: arithmetic on 32 bits zero-extends")
{
	begin();
	for (size_t row = 0; row < ARRAY_SIZE(alu); row++) {
		check_alu(row, BPF_ALU, alu[row].narrow);
		check_alu_imm(row, BPF_ALU, alu[row].narrow);
	}
}

TEST("base32, base64: byte order and negation")
{
	static const struct {
		u8 code;
		s32 imm;
		u64 expected;
	} rows[] = {
		/* of 0x0123456789abcdef, on a little-endian machine */
		{ BPF_ALU | BPF_END | BPF_TO_LE, 16, 0xcdef },
		{ BPF_ALU | BPF_END | BPF_TO_LE, 32, 0x89abcdef },
		{ BPF_ALU | BPF_END | BPF_TO_LE, 64, 0x0123456789abcdef },
		{ BPF_ALU | BPF_END | BPF_TO_BE, 16, 0xefcd },
		{ BPF_ALU | BPF_END | BPF_TO_BE, 32, 0xefcdab89 },
		{ BPF_ALU | BPF_END | BPF_TO_BE, 64, 0xefcdab8967452301 },
		{ BPF_ALU64 | BPF_END, 16, 0xefcd },
		{ BPF_ALU64 | BPF_END, 32, 0xefcdab89 },
		{ BPF_ALU64 | BPF_END, 64, 0xefcdab8967452301 },
		{ BPF_ALU64 | BPF_NEG, 0, 0xfedcba9876543211 },
		{ BPF_ALU | BPF_NEG, 0, 0x76543211 },
	};

	begin();
	for (size_t row = 0; row < ARRAY_SIZE(rows); row++)
		for (u32 d = 0; d < 10; d++) {
			struct bpf_insn i = INSN(rows[row].code, d, 0, 0, rows[row].imm);

			run_on(d, 0x0123456789abcdef, d, 0, &i, 1);
			EXPECT(seen[d] == rows[row].expected, "row %zu r%u: %llx", row, d,
			       (unsigned long long)seen[d]);
			expect_untouched(d, d, d, 0, "end");
		}
}

/* --- jumps --- */

static const struct {
	const char *name;
	u8 code;
	u64 a, b;
	bool wide, narrow; /* taken? */
} jumps[] = {
	{ "jeq", 0x10, 0x1, 0x2, 0, 0 },
	{ "jeq", 0x10, 0x2, 0x1, 0, 0 },
	{ "jeq", 0x10, 0x3, 0x3, 1, 1 },
	{ "jeq", 0x10, 0xffffffffffffffff, 0x1, 0, 0 },
	{ "jeq", 0x10, 0x1, 0xffffffffffffffff, 0, 0 },
	{ "jeq", 0x10, 0x100000000, 0x0, 0, 1 },
	{ "jeq", 0x10, 0x80000000, 0x1, 0, 0 },
	{ "jeq", 0x10, 0x8000000000000001, 0x7ffffffffffffffe, 0, 0 },
	{ "jgt", 0x20, 0x1, 0x2, 0, 0 },
	{ "jgt", 0x20, 0x2, 0x1, 1, 1 },
	{ "jgt", 0x20, 0x3, 0x3, 0, 0 },
	{ "jgt", 0x20, 0xffffffffffffffff, 0x1, 1, 1 },
	{ "jgt", 0x20, 0x1, 0xffffffffffffffff, 0, 0 },
	{ "jgt", 0x20, 0x100000000, 0x0, 1, 0 },
	{ "jgt", 0x20, 0x80000000, 0x1, 1, 1 },
	{ "jgt", 0x20, 0x8000000000000001, 0x7ffffffffffffffe, 1, 0 },
	{ "jge", 0x30, 0x1, 0x2, 0, 0 },
	{ "jge", 0x30, 0x2, 0x1, 1, 1 },
	{ "jge", 0x30, 0x3, 0x3, 1, 1 },
	{ "jge", 0x30, 0xffffffffffffffff, 0x1, 1, 1 },
	{ "jge", 0x30, 0x1, 0xffffffffffffffff, 0, 0 },
	{ "jge", 0x30, 0x100000000, 0x0, 1, 1 },
	{ "jge", 0x30, 0x80000000, 0x1, 1, 1 },
	{ "jge", 0x30, 0x8000000000000001, 0x7ffffffffffffffe, 1, 0 },
	{ "jset", 0x40, 0x1, 0x2, 0, 0 },
	{ "jset", 0x40, 0x2, 0x1, 0, 0 },
	{ "jset", 0x40, 0x3, 0x3, 1, 1 },
	{ "jset", 0x40, 0xffffffffffffffff, 0x1, 1, 1 },
	{ "jset", 0x40, 0x1, 0xffffffffffffffff, 1, 1 },
	{ "jset", 0x40, 0x100000000, 0x0, 0, 0 },
	{ "jset", 0x40, 0x80000000, 0x1, 0, 0 },
	{ "jset", 0x40, 0x8000000000000001, 0x7ffffffffffffffe, 0, 0 },
	{ "jne", 0x50, 0x1, 0x2, 1, 1 },
	{ "jne", 0x50, 0x2, 0x1, 1, 1 },
	{ "jne", 0x50, 0x3, 0x3, 0, 0 },
	{ "jne", 0x50, 0xffffffffffffffff, 0x1, 1, 1 },
	{ "jne", 0x50, 0x1, 0xffffffffffffffff, 1, 1 },
	{ "jne", 0x50, 0x100000000, 0x0, 1, 0 },
	{ "jne", 0x50, 0x80000000, 0x1, 1, 1 },
	{ "jne", 0x50, 0x8000000000000001, 0x7ffffffffffffffe, 1, 1 },
	{ "jsgt", 0x60, 0x1, 0x2, 0, 0 },
	{ "jsgt", 0x60, 0x2, 0x1, 1, 1 },
	{ "jsgt", 0x60, 0x3, 0x3, 0, 0 },
	{ "jsgt", 0x60, 0xffffffffffffffff, 0x1, 0, 0 },
	{ "jsgt", 0x60, 0x1, 0xffffffffffffffff, 1, 1 },
	{ "jsgt", 0x60, 0x100000000, 0x0, 1, 0 },
	{ "jsgt", 0x60, 0x80000000, 0x1, 1, 0 },
	{ "jsgt", 0x60, 0x8000000000000001, 0x7ffffffffffffffe, 0, 1 },
	{ "jsge", 0x70, 0x1, 0x2, 0, 0 },
	{ "jsge", 0x70, 0x2, 0x1, 1, 1 },
	{ "jsge", 0x70, 0x3, 0x3, 1, 1 },
	{ "jsge", 0x70, 0xffffffffffffffff, 0x1, 0, 0 },
	{ "jsge", 0x70, 0x1, 0xffffffffffffffff, 1, 1 },
	{ "jsge", 0x70, 0x100000000, 0x0, 1, 1 },
	{ "jsge", 0x70, 0x80000000, 0x1, 1, 0 },
	{ "jsge", 0x70, 0x8000000000000001, 0x7ffffffffffffffe, 0, 1 },
	{ "jlt", 0xa0, 0x1, 0x2, 1, 1 },
	{ "jlt", 0xa0, 0x2, 0x1, 0, 0 },
	{ "jlt", 0xa0, 0x3, 0x3, 0, 0 },
	{ "jlt", 0xa0, 0xffffffffffffffff, 0x1, 0, 0 },
	{ "jlt", 0xa0, 0x1, 0xffffffffffffffff, 1, 1 },
	{ "jlt", 0xa0, 0x100000000, 0x0, 0, 0 },
	{ "jlt", 0xa0, 0x80000000, 0x1, 0, 0 },
	{ "jlt", 0xa0, 0x8000000000000001, 0x7ffffffffffffffe, 0, 1 },
	{ "jle", 0xb0, 0x1, 0x2, 1, 1 },
	{ "jle", 0xb0, 0x2, 0x1, 0, 0 },
	{ "jle", 0xb0, 0x3, 0x3, 1, 1 },
	{ "jle", 0xb0, 0xffffffffffffffff, 0x1, 0, 0 },
	{ "jle", 0xb0, 0x1, 0xffffffffffffffff, 1, 1 },
	{ "jle", 0xb0, 0x100000000, 0x0, 0, 1 },
	{ "jle", 0xb0, 0x80000000, 0x1, 0, 0 },
	{ "jle", 0xb0, 0x8000000000000001, 0x7ffffffffffffffe, 0, 1 },
	{ "jslt", 0xc0, 0x1, 0x2, 1, 1 },
	{ "jslt", 0xc0, 0x2, 0x1, 0, 0 },
	{ "jslt", 0xc0, 0x3, 0x3, 0, 0 },
	{ "jslt", 0xc0, 0xffffffffffffffff, 0x1, 1, 1 },
	{ "jslt", 0xc0, 0x1, 0xffffffffffffffff, 0, 0 },
	{ "jslt", 0xc0, 0x100000000, 0x0, 0, 0 },
	{ "jslt", 0xc0, 0x80000000, 0x1, 0, 1 },
	{ "jslt", 0xc0, 0x8000000000000001, 0x7ffffffffffffffe, 1, 0 },
	{ "jsle", 0xd0, 0x1, 0x2, 1, 1 },
	{ "jsle", 0xd0, 0x2, 0x1, 0, 0 },
	{ "jsle", 0xd0, 0x3, 0x3, 1, 1 },
	{ "jsle", 0xd0, 0xffffffffffffffff, 0x1, 1, 1 },
	{ "jsle", 0xd0, 0x1, 0xffffffffffffffff, 0, 0 },
	{ "jsle", 0xd0, 0x100000000, 0x0, 0, 1 },
	{ "jsle", 0xd0, 0x80000000, 0x1, 0, 1 },
	{ "jsle", 0xd0, 0x8000000000000001, 0x7ffffffffffffffe, 1, 0 },
};

/* r9 (or r8, if the jump looks at r9) tells whether the jump skipped an instruction. */
static void check_jump(const char *name, struct bpf_insn i, u64 a, u64 b, bool taken)
{
	u32 d = i.dst_reg, s = BPF_SRC(i.code) == BPF_X ? i.src_reg : d;
	u32 mark = d != 9 && s != 9 ? 9 : d != 8 && s != 8 ? 8 : 7;
	struct bpf_insn insns[] = { i, ALU64_K(BPF_ADD, mark, 1) };

	insns[0].off = 1;
	run_on(d, a, s, b, insns, 2);
	EXPECT(seen[mark] == BEFORE(mark) + !taken, "%s r%u r%u a=%llx b=%llx", name, d, s,
	       (unsigned long long)a, (unsigned long long)b);
	expect_untouched(mark, d, s, b, name);
	EXPECT(seen[d] == a);
}

static void check_jumps(size_t row, u8 class, bool taken)
{
	s64 imm = (s64)jumps[row].b;

	EACH_PAIR(d, s)
	check_jump(jumps[row].name, INSN(class | BPF_X | jumps[row].code, d, s, 0, 0), jumps[row].a,
		   jumps[row].b, taken);
	if (imm == (s32)imm)
		for (u32 d = 0; d < 10; d++)
			check_jump(jumps[row].name, INSN(class | jumps[row].code, d, 0, 0, imm),
				   jumps[row].a, 0, taken);
}

TEST("base64: conditional jumps")
{
	begin();
	for (size_t row = 0; row < ARRAY_SIZE(jumps); row++)
		check_jumps(row, BPF_JMP, jumps[row].wide);
}

TEST("base32: conditional jumps on 32 bits")
{
	begin();
	for (size_t row = 0; row < ARRAY_SIZE(jumps); row++)
		check_jumps(row, BPF_JMP32, jumps[row].narrow);
}

TEST("base32: jumps, near, far and back")
{
	begin();
	EXPECT_EQ(RUN(NULL, MOV_K(0, 1), JA(1), MOV_K(0, 2), EXIT()), 1);
	EXPECT_EQ(RUN(NULL, MOV_K(0, 1), JA(2), ALU64_K(BPF_ADD, 0, 5), EXIT(), JA(-3)), 6);
	EXPECT_EQ(RUN(NULL, MOV_K(0, 1), INSN(BPF_JMP32 | BPF_JA, 0, 0, 0, 1), MOV_K(0, 2), EXIT()),
		  1);
	EXPECT_EQ(RUN(NULL, MOV_K(0, 0), ALU64_K(BPF_ADD, 0, 3), JMP_K(BPF_JLT, 0, 3000000, -2),
		      EXIT()),
		  3000000);
}

/* --- memory --- */

static const u8 sizes[4] = { BPF_B, BPF_H, BPF_W, BPF_DW };
static const u64 masks[4] = { 0xff, 0xffff, 0xffffffff, ~0ull };

TEST("base32, base64: loads of every size, aligned or not, zero- or sign-extended")
{
	static const u64 extended[4] = { 0xffffffffffffff88, 0xffffffffffff9988, 0xffffffffbbaa9988,
					 0xffeeddccbbaa9988 };
	u8 buf[] = { 0, 0, 0, 0x88, 0x99, 0xaa, 0xbb, 0xcc, 0xdd, 0xee, 0xff, 0 };

	begin();
	for (u32 n = 0; n < 4; n++)
		EACH_PAIR(d, s)
		{
			u64 at = (uintptr_t)buf + 1003;
			struct bpf_insn i = LDX(sizes[n], d, s, -1000);

			run_on(d, 7, s, at, &i, 1);
			EXPECT_EQ(seen[d], 0xffeeddccbbaa9988 & masks[n]);
			expect_untouched(d, d, s, at, "ldx");
			if (n == 3)
				continue;
			i = INSN(BPF_LDX | BPF_MEMSX | sizes[n], d, s, -1000, 0);
			run_on(d, 7, s, at, &i, 1);
			EXPECT_EQ(seen[d], extended[n]);
			expect_untouched(d, d, s, at, "ldsx");
		}
}

TEST("a load may overwrite its own address")
{
	u64 v = 0x1234;

	begin();
	for (u32 r = 0; r < 10; r++) {
		struct bpf_insn i = LDX(BPF_DW, r, r, 8);

		run_on(r, (uintptr_t)&v - 8, r, 0, &i, 1);
		EXPECT_EQ(seen[r], 0x1234);
	}
}

TEST("base32, base64: stores of every size touch their bytes only")
{
	begin();
	for (u32 n = 0; n < 4; n++)
		EACH_PAIR(d, s)
		{
			u8 buf[16];
			u64 at = (uintptr_t)buf - 100, value;
			struct bpf_insn x = STX(sizes[n], d, s, 103), k = ST(sizes[n], d, 103, -2);

			memset(buf, 0x55, sizeof(buf));
			run_on(d, at, s, 0x8877665544332211, &x, 1);
			memcpy(&value, buf + 3, 8);
			EXPECT_EQ(value, (0x8877665544332211 & masks[n]) |
						 (0x5555555555555555 & ~masks[n]));
			EXPECT(buf[2] == 0x55 && buf[11] == 0x55);
			expect_untouched(d, d, s, 0x8877665544332211, "stx");
			run_on(d, at, d, 0, &k, 1);
			memcpy(&value, buf + 3, 8);
			EXPECT_EQ(value & masks[n], (u64)-2 & masks[n]);
			EXPECT(buf[2] == 0x55 && buf[11] == 0x55);
		}
}

TEST("base32: the stack is 512 bytes below r10, whoever writes it")
{
	begin();
	EXPECT_EQ(RUN(NULL, MOV_K(1, 77), STX(BPF_DW, 10, 1, -512), ST(BPF_W, 10, -4, 5),
		      LDX(BPF_DW, 0, 10, -512), LDX(BPF_W, 2, 10, -4), ALU64_X(BPF_ADD, 0, 2),
		      EXIT()),
		  82);
	EXPECT_EQ(RUN(NULL, STX(BPF_DW, 10, 10, -8), LDX(BPF_DW, 0, 10, -8),
		      ALU64_X(BPF_SUB, 0, 10), EXIT()),
		  0);
}

TEST("base64: 64-bit immediates")
{
	begin();
	for (u32 r = 0; r < 10; r++) {
		struct bpf_insn i[] = { LD64(r, 0xfedcba9876543210) };

		run_on(r, 0, r, 0, i, 2);
		EXPECT_EQ(seen[r], 0xfedcba9876543210);
		expect_untouched(r, r, r, 0, "ld_imm64");
	}
}

/* --- atomic32, atomic64 --- */

static const struct {
	const char *name;
	s32 op;
	u64 memory, src, r0; /* before */
	u64 wide, narrow;    /* memory after */
} atomics[] = {
	{ "add", BPF_ADD, 0x00000001fffffff0, 0x0000000100000020, 0, 0x0000000300000010,
	  0x0000000100000010 },
	{ "or", BPF_OR, 0x0f0f0f0f0f0f0f0f, 0xf000000000000010, 0, 0xff0f0f0f0f0f0f1f,
	  0x0f0f0f0f0f0f0f1f },
	{ "and", BPF_AND, 0x0f0f0f0f0f0f0f0f, 0x00ff00ff00ff00ff, 0, 0x000f000f000f000f,
	  0x0f0f0f0f000f000f },
	{ "xor", BPF_XOR, 0x0f0f0f0f0f0f0f0f, 0xffffffff0000ffff, 0, 0xf0f0f0f00f0ff0f0,
	  0x0f0f0f0f0f0ff0f0 },
	{ "xchg", BPF_XCHG, 0x1111111122222222, 0x3333333344444444, 0, 0x3333333344444444,
	  0x1111111144444444 },
	{ "cmpxchg, equal", BPF_CMPXCHG, 0x1111111122222222, 0x3333333344444444, 0x1111111122222222,
	  0x3333333344444444, 0x1111111144444444 },
	{ "cmpxchg, low half equal", BPF_CMPXCHG, 0x1111111122222222, 0x3333333344444444,
	  0x9999999922222222, 0x1111111122222222, 0x1111111144444444 },
	{ "cmpxchg, unequal", BPF_CMPXCHG, 0x1111111122222222, 0x3333333344444444, 5,
	  0x1111111122222222, 0x1111111122222222 },
};

static void check_atomic(size_t row, u8 size, s32 flag, u32 d, u32 s)
{
	bool compares = atomics[row].op == BPF_CMPXCHG;
	bool fetches = flag || atomics[row].op == BPF_XCHG;
	u64 memory = atomics[row].memory, at = (uintptr_t)&memory + 4096;
	u64 old = size == BPF_W ? (u32)memory : memory;
	struct bpf_insn i[] = { LD64(0, atomics[row].r0),
				ATOMIC_OP(size, atomics[row].op | flag, d, s, -4096) };

	if (compares && (!d || !s))
		return; /* r0 is an operand of its own */
	run_on(d, at, s, atomics[row].src, compares ? i : i + 2, compares ? 3 : 1);
	EXPECT(memory == (size == BPF_W ? atomics[row].narrow : atomics[row].wide),
	       "%s r%u r%u: memory %llx", atomics[row].name, d, s, (unsigned long long)memory);
	EXPECT(seen[d] == at);
	if (compares)
		EXPECT_EQ(seen[0], old);
	if (fetches)
		EXPECT_EQ(seen[s], old);
	expect_untouched(d, compares ? 0 : fetches ? s : d, s, atomics[row].src, atomics[row].name);
}

TEST("atomic32, atomic64: with and without fetch, exchange, compare-and-exchange")
{
	begin();
	for (size_t row = 0; row < ARRAY_SIZE(atomics); row++)
		EACH_PAIR(d, s)
		{
			bool plain = atomics[row].op < BPF_XCHG;

			check_atomic(row, BPF_W, 0, d, s);
			check_atomic(row, BPF_DW, 0, d, s);
			if (plain) {
				check_atomic(row, BPF_W, BPF_FETCH, d, s);
				check_atomic(row, BPF_DW, BPF_FETCH, d, s);
			}
		}
}

TEST("load-acquire and store-release of every size")
{
	begin();
	for (u32 n = 0; n < 4; n++)
		EACH_PAIR(d, s)
		{
			u64 memory = 0x8877665544332211, at = (uintptr_t)&memory;
			struct bpf_insn i = ATOMIC_OP(sizes[n], BPF_LOAD_ACQ, d, s, 0);

			run_on(d, 7, s, at, &i, 1);
			EXPECT_EQ(seen[d], memory & masks[n]);
			expect_untouched(d, d, s, at, "load_acquire");
			i.imm = BPF_STORE_REL;
			run_on(d, at, s, 0x0102030405060708, &i, 1);
			EXPECT_EQ(memory, (0x0102030405060708 & masks[n]) |
						  (0x8877665544332211 & ~masks[n]));
		}
}

/* --- calls --- */

TEST("helpers get r1 … r5 and the run; r6 … r9 survive")
{
	begin();
	EXPECT_EQ(RUN(NULL, MOV_K(1, 1), MOV_K(2, 2), MOV_K(3, 3), MOV_K(4, 4), MOV_K(5, 5),
		      MOV_K(6, 10000), MOV_K(7, 20000), MOV_K(8, 30000), MOV_K(9, 40000),
		      CALL(SUM5), ALU64_X(BPF_ADD, 0, 6), ALU64_X(BPF_ADD, 0, 7),
		      ALU64_X(BPF_ADD, 0, 8), ALU64_X(BPF_ADD, 0, 9), EXIT()),
		  101055);
}

TEST("subprograms have frames of their own, eight deep, and give back r6 … r10")
{
	/* f(n, caller's r10): stores n, calls f(n - 1), checks its own frame, returns the sum */
	struct bpf_insn insns[] = {
		MOV_K(1, 7),
		CALL_SUB(1),
		EXIT(),
		/* 3: */ MOV_X(6, 1),
		STX(BPF_DW, 10, 1, -8),
		MOV_K(0, 0),
		JMP_K(BPF_JEQ, 1, 0, 6),
		MOV_X(7, 10),
		ALU64_K(BPF_SUB, 1, 1),
		CALL_SUB(-7),
		JMP_X(BPF_JEQ, 7, 10, 1),
		MOV_K(0, -1000),
		LDX(BPF_DW, 1, 10, -8),
		ALU64_X(BPF_ADD, 0, 6),
		ALU64_X(BPF_MUL, 6, 1),
		ALU64_X(BPF_ADD, 0, 6),
		EXIT(),
	};
	static const u32 subs[] = { 3, 0 };

	begin();
	/* sum of n + n² for n = 1 … 7 — at n = 0 the frame check and r7 are skipped */
	EXPECT_EQ(run_insns(insns, ARRAY_SIZE(insns), NULL, subs), 28 + 140);
}

TEST("callbacks from helpers run on frames above the caller's")
{
	struct bpf_insn insns[] = {
		ST(BPF_DW, 10, -8, 5),
		MOV_K(6, 100),
		FUNC(1, 9),
		MOV_K(2, 4),
		MOV_X(3, 10),
		ALU64_K(BPF_ADD, 3, -8),
		CALL(CALL_BACK),
		ALU64_X(BPF_ADD, 0, 6),
		LDX(BPF_DW, 1, 10, -8),
		ALU64_X(BPF_ADD, 0, 1),
		EXIT(),
		/* 12: callback(i, &n): n += 10, returns i */
		ST(BPF_DW, 10, -8, 1),
		ST(BPF_DW, 10, -512, 1),
		LDX(BPF_DW, 6, 2, 0),
		ALU64_K(BPF_ADD, 6, 10),
		STX(BPF_DW, 2, 6, 0),
		MOV_X(0, 1),
		EXIT(),
	};
	static const u32 subs[] = { 12, 0 };

	begin();
	EXPECT_EQ(run_insns(insns, ARRAY_SIZE(insns), NULL, subs), 6 + 100 + 45);
}

TEST("packet: legacy loads in network byte order; out of bounds ends with 0")
{
	u8 ctx[16] = { 0x10, 0x11, 0x12, 0x13, 0x14, 0x15, 0x16, 0x17 };

	begin();
	EXPECT_EQ(RUN(ctx, MOV_X(6, 1), INSN(BPF_LD | BPF_ABS | BPF_H, 0, 0, 0, 2), EXIT()),
		  0x1213);
	EXPECT_EQ(RUN(ctx, MOV_X(6, 1), INSN(BPF_LD | BPF_ABS | BPF_B, 0, 0, 0, 1), EXIT()), 0x11);
	EXPECT_EQ(RUN(ctx, MOV_X(6, 1), MOV_K(7, 1), INSN(BPF_LD | BPF_IND | BPF_W, 0, 7, 0, 2),
		      EXIT()),
		  0x13141516);
	EXPECT_EQ(RUN(ctx, MOV_X(6, 1), MOV_K(0, 9), INSN(BPF_LD | BPF_ABS | BPF_W, 0, 0, 0, 13),
		      MOV_K(0, 1), EXIT()),
		  0);
}

/* --- tail calls --- */

TEST("a tail call replaces the program, 33 times at most")
{
	struct bpf_insn count[] = { LDX(BPF_DW, 2, 1, 0),
				    ALU64_K(BPF_ADD, 2, 1),
				    STX(BPF_DW, 1, 2, 0),
				    MOV_K(3, 0),
				    CALL(BPF_FUNC_tail_call),
				    MOV_K(0, 42),
				    EXIT() };
	u64 ctx = 0;

	begin();
	tail_progs[0] = asm_prog(&rt, count, ARRAY_SIZE(count), NULL);
	REQUIRE(tail_progs[0]);
	EXPECT_EQ(prog_run(tail_progs[0], &ctx, run), 42);
	EXPECT_EQ(ctx, 34);
	EXPECT_EQ(prog_run(tail_progs[0], &ctx, run), 42);
	EXPECT_EQ(ctx, 68);
	EXPECT_EQ(RUN(&ctx, MOV_K(3, 1), CALL(BPF_FUNC_tail_call), MOV_K(0, 7), EXIT()), 7);
	EXPECT_EQ(RUN(&ctx, MOV_K(3, 2), CALL(BPF_FUNC_tail_call), MOV_K(0, 7), EXIT()), 7);
	asm_free(tail_progs[0]);
}

TEST("a tail call out of a subprogram returns to the subprogram's caller")
{
	struct bpf_insn target[] = { MOV_K(0, 5), ST(BPF_DW, 10, -512, 1), MOV_K(6, 0), EXIT() };
	struct bpf_insn caller[] = { MOV_K(6, 100),
				     ST(BPF_DW, 10, -8, 1000),
				     CALL_SUB(4),
				     ALU64_X(BPF_ADD, 0, 6),
				     LDX(BPF_DW, 1, 10, -8),
				     ALU64_X(BPF_ADD, 0, 1),
				     EXIT(),
				     /* 7: */ MOV_K(6, 3),
				     MOV_K(3, 0),
				     CALL(BPF_FUNC_tail_call),
				     MOV_K(0, 9),
				     EXIT() };
	static const u32 subs[] = { 7, 0 };

	begin();
	tail_progs[0] = asm_prog(&rt, target, ARRAY_SIZE(target), NULL);
	REQUIRE(tail_progs[0]);
	EXPECT_EQ(run_insns(caller, ARRAY_SIZE(caller), NULL, subs), 1105);
	asm_free(tail_progs[0]);
}

/* --- around the instructions --- */

TEST("no instruction grows the native stack")
{
	u8 ctx[16] = { 1 };
	u64 cell = 0;
	/* r7 = how often, r8 = &cell */
	struct bpf_insn insns[] = {
		MOV_X(6, 1),
		LD64(7, 1000000),
		LD64(8, (uintptr_t)&cell),
		/* 5: */ CALL_SUB(23),
		INSN(BPF_LD | BPF_ABS | BPF_B, 0, 0, 0, 0),
		INSN(BPF_LD | BPF_IND | BPF_B, 0, 0, 0, 0),
		MOV_K(1, 0),
		MOV_K(3, 5),
		CALL(BPF_FUNC_tail_call),
		CALL(SUM5),
		LDX(BPF_DW, 1, 8, 0),
		STX(BPF_DW, 8, 1, 0),
		ATOMIC_OP(BPF_DW, BPF_ADD, 8, 7, 0),
		ATOMIC_OP(BPF_DW, BPF_ADD | BPF_FETCH, 8, 1, 0),
		MOV_K(0, 0),
		ATOMIC_OP(BPF_DW, BPF_CMPXCHG, 8, 7, 0),
		ATOMIC_OP(BPF_W, BPF_XCHG, 8, 1, 0),
		ATOMIC_OP(BPF_W, BPF_LOAD_ACQ, 1, 8, 0),
		ATOMIC_OP(BPF_W, BPF_STORE_REL, 8, 1, 0),
		ALU64_X(BPF_DIV, 1, 7),
		INSN(BPF_ALU | BPF_X | BPF_MOD, 1, 7, 1, 0),
		ALU64_K(BPF_SUB, 7, 1),
		JMP_K(BPF_JNE, 7, 0, -20),
		MOV_K(0, 6),
		JA(0),
		EXIT(),
		EXIT(),
		/* 29: */ EXIT(),
	};
	static const u32 subs[] = { 29, 0 };

	begin();
	EXPECT_EQ(run_insns(insns, ARRAY_SIZE(insns), ctx, subs), 6);
}

TEST("may_goto lets a loop go on until the run's allowance is used up")
{
	begin();
	EXPECT_EQ(RUN(NULL, MOV_K(0, 0), INSN(BPF_JMP | BPF_JCOND, 0, 0, 2, 0),
		      ALU64_K(BPF_ADD, 0, 1), JA(-3), EXIT()),
		  SKEP_MAX_LOOPS);
}

TEST("what no verified program holds is refused, not run")
{
	static const struct bpf_insn bad[] = {
		INSN(0x8f, 0, 0, 0, 0), /* neg by register */
		INSN(0xe7, 0, 0, 0, 0),
		MOV_K(10, 1),
		INSN(BPF_ALU64 | BPF_MOV | BPF_X, 1, 11, 0, 0),
		JA(5),
		JA(-2),
		CALL(255),
		CALL(100000),
		CALL_SUB(0),
		INSN(BPF_LD | BPF_IMM | BPF_DW, 0, 0, 0, 0),
		INSN(BPF_STX | BPF_ATOMIC | BPF_B, 0, 0, 0, BPF_ADD),
		INSN(BPF_STX | BPF_ATOMIC | BPF_W, 0, 0, 0, 0x77),
		INSN(BPF_ALU | BPF_END | BPF_TO_BE, 0, 0, 0, 17),
		INSN(BPF_ALU64 | BPF_MOV | BPF_X, 0, 0, 5, 0),
	};

	begin();
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		struct skep_prog *p = asm_prog(&rt, &bad[i], 1, NULL);

		EXPECT(!p, "instruction %zu", i);
		EXPECT(strstr(last_error(), "insn 0"));
		asm_free(p);
	}
}

TEST("a tail call into a program of another engine, and back to a caller with callbacks")
{
	/* the target calls back too: 0 + 1 */
	struct bpf_insn target[] = { FUNC(1, 5), MOV_K(2, 2),	       MOV_K(3, 0), CALL(CALL_BACK),
				     EXIT(),	 /* 6: */ MOV_X(0, 1), EXIT() };
	static const u32 target_subs[] = { 6, 0 };
	struct bpf_insn caller[] = {
		MOV_K(6, 100),
		CALL_SUB(7),
		ALU64_X(BPF_ADD, 6, 0),
		FUNC(1, 9),
		MOV_K(2, 4),
		CALL(CALL_BACK),
		ALU64_X(BPF_ADD, 0, 6),
		EXIT(),
		/* 9: */ MOV_K(3, 0),
		CALL(BPF_FUNC_tail_call),
		MOV_K(0, 9),
		EXIT(),
		/* 13: callback(i) = 10 i */ MOV_X(0, 1),
		ALU64_K(BPF_MUL, 0, 10),
		EXIT(),
	};
	static const u32 subs[] = { 9, 13, 0 };
	const struct engine *others[] = {
		&engine_interp,
#ifdef SKEP_HAS_JIT
		&engine_jit,
#endif
	};

	begin();
	for (size_t n = 0; n < ARRAY_SIZE(others); n++) {
		tail_progs[0] =
			asm_prog_on(others[n], &rt, target, ARRAY_SIZE(target), target_subs);
		REQUIRE(tail_progs[0]);
		EXPECT_EQ(run_insns(caller, ARRAY_SIZE(caller), NULL, subs), 161);
		EXPECT(run->stack_top == run->stack + 64);
		asm_free(tail_progs[0]);
		tail_progs[0] = NULL;
	}
}

TEST("statistics count runs when they are on")
{
	struct bpf_insn insns[] = { MOV_K(0, 1), EXIT() };
	struct skep_prog *p;

	begin();
	p = asm_prog(&rt, insns, 2, NULL);
	REQUIRE(p);
	prog_run(p, NULL, run);
	EXPECT_EQ(prog_stats_sum(p).runs, 0);
	rt.stats = true;
	for (int i = 0; i < 10; i++)
		prog_run(p, NULL, run);
	rt.stats = false;
	EXPECT_EQ(prog_stats_sum(p).runs, 10);
	EXPECT(prog_stats_sum(p).ns > 0);
	asm_free(p);
}

TEST("instructions can be counted")
{
	struct bpf_insn insns[] = { MOV_K(0, 0), ALU64_K(BPF_ADD, 0, 1), JMP_K(BPF_JLT, 0, 5, -2),
				    LD64(1, 1), EXIT() };
	struct skep_prog *p;
	const u64 *n;

	begin();
	p = asm_prog_on(&engine_interp, &rt, insns, ARRAY_SIZE(insns), NULL);
	REQUIRE(p);
	n = interp_count(p);
	REQUIRE(n);
	prog_run(p, NULL, run);
	EXPECT_EQ(n[0], 1);
	EXPECT_EQ(n[1], 5);
	EXPECT_EQ(n[2], 5);
	EXPECT_EQ(n[3], 1);
	EXPECT_EQ(n[4], 0);
	EXPECT_EQ(n[5], 1);
	asm_free(p);
}
