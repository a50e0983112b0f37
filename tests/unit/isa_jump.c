/* RFC 9669's jumps. See isa_machine.h. */
#include "unit/isa_machine.h"

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
