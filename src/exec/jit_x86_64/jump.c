/* Jumps, and which machine registers instructions need for themselves. */
#include "exec/jit_x86_64/jit.h"

/* The jump begins here; is it short? */
static bool is_short(struct jit *j)
{
	j->lead[j->i] = (u8)(j->a.len - j->at[j->i]);
	return j->marks[j->i] & MARK_SHORT;
}

void emit_jump(struct jit *j, u32 to)
{
	x64_jmp(&j->a, is_short(j), j->at[to]);
}

static void jump_if(struct jit *j, const struct bpf_insn *i, enum x64_cc cc)
{
	u32 to = (u32)((s64)j->i + 1 + i->off);

	x64_jcc(&j->a, cc, is_short(j), j->at[to]);
}

/* A result of 32 bits is one of 64 bits, too: the rest is 0. */
static bool is_compared_already(const struct jit *j, const struct bpf_insn *i)
{
	u8 op = BPF_OP(i->code);

	return (op == BPF_JEQ || op == BPF_JNE) && !insn_by_reg(i) && !i->imm && j->flags.at &&
	       j->flags.at == j->a.len && j->flags.reg == dst(j, i) &&
	       (!j->flags.wide || insn_width(i));
}

static void compare(struct jit *j, const struct bpf_insn *i)
{
	bool tests_bits = BPF_OP(i->code) == BPF_JSET;
	u32 wide = insn_width(i);

	if (insn_by_reg(i))
		x64_rr(&j->a, (tests_bits ? X64_TEST : X64_CMP) | wide, src(j, i), dst(j, i));
	else if (tests_bits)
		x64_test_imm(&j->a, wide, dst(j, i), i->imm);
	else if (!i->imm)
		x64_rr(&j->a, X64_TEST | wide, dst(j, i), dst(j, i)); /* the same flags */
	else
		x64_arith_imm(&j->a, ARITH_CMP, wide, dst(j, i), i->imm);
}

enum {
	JCC_jeq = CC_E,
	JCC_jgt = CC_A,
	JCC_jge = CC_AE,
	JCC_jset = CC_NE,
	JCC_jne = CC_NE,
	JCC_jsgt = CC_G,
	JCC_jsge = CC_GE,
	JCC_jlt = CC_B,
	JCC_jle = CC_BE,
	JCC_jslt = CC_L,
	JCC_jsle = CC_LE,
};

void emit_jump_if(struct jit *j, const struct bpf_insn *i)
{
	static const u8 ccs[16] = {
#define JMP(name, code, ...) [(code) >> 4] = JCC_##name,
#include "insn/jmp.def"
	};

	if (!is_compared_already(j, i))
		compare(j, i);
	jump_if(j, i, ccs[BPF_OP(i->code) >> 4]);
}

void emit_may_goto(struct jit *j, const struct bpf_insn *i)
{
	struct x64_mem left = x64_at(R12, offsetof(struct skep_run, loops_left));

	x64_arith_mem_imm(&j->a, ARITH_CMP, 0, left, 0);
	jump_if(j, i, CC_E);
	x64_arith_mem_imm(&j->a, ARITH_SUB, 0, left, 1);
}

void emit_cpu(struct jit *j)
{
	x64_rm(&j->a, X64_MOV, jit_reg(j, BPF_REG_0), x64_at(R12, offsetof(struct skep_run, cpu)));
}

void emit_unwind(struct jit *j, const struct bpf_insn *i)
{
	struct x64_mem thrown = x64_at(R12, offsetof(struct skep_run, thrown));

	if (i->imm == UNWIND_THROW) {
		x64_store_imm(&j->a, 4, thrown, 1);
		return;
	}
	x64_arith_mem_imm(&j->a, ARITH_CMP, 0, thrown, 0);
	jump_if(j, i, CC_E);
	if (i->imm == UNWIND_CATCH)
		x64_store_imm(&j->a, 4, thrown, 0);
}

bool jit_uses_scratch(const struct jit *j, const struct bpf_insn *i)
{
	u8 class = BPF_CLASS(i->code), op = BPF_OP(i->code);
	bool shifts = op == BPF_LSH || op == BPF_RSH || op == BPF_ARSH;

	if (j->blind_seed || insn_is_guarded(i) || insn_is_cast(i))
		return true;
	if (class == BPF_ALU || class == BPF_ALU64)
		return op == BPF_DIV || op == BPF_MOD || (shifts && insn_by_reg(i) && !j->newer);
	return insn_is_atomic(i) && insn_is_atomic_arithmetic(i) && (i->imm & BPF_FETCH);
}

u32 jit_short_saves(const struct bpf_insn *i)
{
	return BPF_OP(i->code) == BPF_JA ? X64_JMP_SIZE(false) - X64_JMP_SIZE(true)
					 : X64_JCC_SIZE(false) - X64_JCC_SIZE(true);
}

bool jit_short_reaches(const struct bpf_insn *i, s64 by)
{
	return by - 2 == (s8)(by - 2);
}
