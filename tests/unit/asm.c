/* The test cases' assembler reads back what the disassembler prints. */
#include "case/asm.h"
#include "insn/disasm.h"
#include "test.h"

static u64 seed = 0x9e3779b97f4a7c15ull;

static u64 next_random(void)
{
	seed ^= seed << 13;
	seed ^= seed >> 7;
	seed ^= seed << 17;
	return seed;
}

/* A random instruction that the checks accept. */
static void random_insn(struct bpf_insn i[2])
{
	char why[INSN_REASON_MAX];

	do {
		u64 x = next_random();

		i[0] = (struct bpf_insn){ .code = (u8)x,
					  .dst_reg = (x >> 8) % 11,
					  .src_reg = x >> 12 & 1 ? 0 : (x >> 16) % 11,
					  .off = x >> 20 & 1 ? 0 : (s16)(x >> 24),
					  .imm = x >> 21 & 1 ? 0 : (s32)(x >> 32) };
		i[1] = (struct bpf_insn){ 0 };
		if (insn_is_ld_imm64(i)) {
			i->src_reg = 0;
			i[1].imm = (s32)(x >> 17) | 1;
		}
		if (insn_is_atomic(i) && x >> 22 & 1)
			i->imm &= 0x1f1;
		if (insn_is_call(i) && i->src_reg == 0)
			i->imm &= 127;
	} while (insn_check_code(i, 2, why) || insn_check_fields(i, why) ||
		 (insn_is_call(i) && i->src_reg == BPF_PSEUDO_KFUNC_CALL) ||
		 (i->code == (BPF_JMP | BPF_EXIT) && i->off));
}

TEST("what the disassembler prints assembles to the same instruction")
{
	for (int k = 0; k < 20000; k++) {
		struct bpf_insn i[2];
		struct asm_code c;
		struct buf text = { 0 };

		random_insn(i);
		disasm(&text, i, NULL);
		if (asm_text(buf_str(&text) + 5, NULL, NULL, &c))
			test_fail(__FILE__, __LINE__, "%s", c.error);
		else
			EXPECT(!memcmp(c.insns, i, sizeof(*i) * c.n), "%s", buf_str(&text));
		asm_done(&c);
		buf_done(&text);
	}
}

TEST("labels stand for distances, and for subprograms")
{
	struct asm_code c;

	REQUIRE(asm_text("a: b: r0 = 0; if r0 == 0 goto c\ncall f; goto a\n c: exit\n f: exit",
			 NULL, NULL, &c) == 0);
	EXPECT_EQ(c.n, 6);
	EXPECT_EQ(c.insns[1].off, 2);
	EXPECT_EQ(c.insns[2].imm, 2);
	EXPECT_EQ(c.insns[3].off, -4);
	EXPECT_EQ(c.nr_subprogs, 2);
	EXPECT_STR(c.subprogs[1].name, "f");
	asm_done(&c);
}

TEST("text that is none is refused with the statement at fault")
{
	static const char *const bad[] = { "r0 == 5",	   "r1 = *(u33 *)(r2 +0)",
					   "if r1 goto x", "goto nowhere",
					   "r0 = 0 0",	   "w0 = bswap16 r1",
					   "r16 = 1",	   "*(u8 *)(r1 +0)" };

	for (u32 k = 0; k < ARRAY_SIZE(bad); k++) {
		struct asm_code c;

		EXPECT(asm_text(bad[k], NULL, NULL, &c) < 0, "%s", bad[k]);
		EXPECT(c.error[0]);
		asm_done(&c);
	}
}
