/* Jumps. */
#include "exec/jit_aarch64/jit.h"

/* A conditional branch reaches a megabyte, which is its short form; the long one skips a branch. */
u32 jit_short_saves(const struct bpf_insn *i)
{
	return BPF_OP(i->code) == BPF_JA ? 0 : 4;
}

bool jit_short_reaches(const struct bpf_insn *i, s64 by)
{
	return BPF_OP(i->code) == BPF_JA || (by >= -A64_BCC_REACH && by < A64_BCC_REACH);
}

void emit_jump(struct jit *j, u32 to)
{
	a64_b(&j->a, j->at[to]);
}

static void jump_if(struct jit *j, const struct bpf_insn *i, enum a64_cc cc, u32 wide, u8 reg)
{
	u32 to = j->at[(s64)j->i + 1 + i->off];

	j->lead[j->i] = (u8)(j->a.len - j->at[j->i]);
	if (j->marks[j->i] & MARK_SHORT) {
		a64_bcc(&j->a, cc, wide, reg, to);
		return;
	}
	a64_bcc(&j->a, a64_not(cc), wide, reg, j->a.len + 8);
	a64_b(&j->a, to);
}

static void compare(struct jit *j, const struct bpf_insn *i)
{
	u32 wide = insn_width(i);

	if (BPF_OP(i->code) == BPF_JSET) {
		if (!insn_by_reg(i) && a64_logic_fits(wide, insn_imm(i)))
			a64_logic(&j->a, A64_ANDS_IMM, wide, XZR, dst(j, i), insn_imm(i));
		else
			a64_rrr(&j->a, A64_ANDS, wide, XZR, dst(j, i), a64_operand(j, i));
	} else if (!insn_by_reg(i) && a64_arith_fits(i->imm)) {
		a64_arith(&j->a, A64_SUBS_IMM, wide, XZR, dst(j, i), i->imm);
	} else {
		a64_rrr(&j->a, A64_SUBS, wide, XZR, dst(j, i), a64_operand(j, i));
	}
}

enum {
	CC_jeq = A64_EQ,
	CC_jgt = A64_HI,
	CC_jge = A64_HS,
	CC_jset = A64_NE,
	CC_jne = A64_NE,
	CC_jsgt = A64_GT,
	CC_jsge = A64_GE,
	CC_jlt = A64_LO,
	CC_jle = A64_LS,
	CC_jslt = A64_LT,
	CC_jsle = A64_LE,
};

void emit_jump_if(struct jit *j, const struct bpf_insn *i)
{
	static const u8 ccs[16] = {
#define JMP(name, code, ...) [(code) >> 4] = CC_##name,
#include "insn/jmp.def"
	};
	u8 op = BPF_OP(i->code);

	if (!insn_by_reg(i) && !i->imm && (op == BPF_JEQ || op == BPF_JNE)) {
		jump_if(j, i, op == BPF_JEQ ? A64_ZERO : A64_NOT_ZERO, insn_width(i), dst(j, i));
		return;
	}
	compare(j, i);
	jump_if(j, i, ccs[op >> 4], 0, 0);
}

void emit_may_goto(struct jit *j, const struct bpf_insn *i)
{
	u32 left = offsetof(struct skep_run, loops_left);

	a64_run(j, A64_LOAD, 2, X9, left);
	jump_if(j, i, A64_ZERO, 0, X9);
	a64_arith(&j->a, A64_SUB_IMM, 0, X9, X9, 1);
	a64_run(j, A64_STORE, 2, X9, left);
}

void emit_cpu(struct jit *j)
{
	a64_run(j, A64_LOAD, 2, jit_reg(j, BPF_REG_0), offsetof(struct skep_run, cpu));
}

void emit_unwind(struct jit *j, const struct bpf_insn *i)
{
	u32 thrown = offsetof(struct skep_run, thrown);

	if (i->imm == UNWIND_THROW) {
		a64_set(&j->a, X9, 1);
		a64_run(j, A64_STORE, 2, X9, thrown);
		return;
	}
	a64_run(j, A64_LOAD, 2, X9, thrown);
	jump_if(j, i, A64_ZERO, 0, X9);
	if (i->imm == UNWIND_CATCH)
		a64_run(j, A64_STORE, 2, XZR, thrown);
}
