/* RFC 9669's arithmetic: base32, base64, divmul32, divmul64. See isa_machine.h. */
#include "unit/isa_machine.h"

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
