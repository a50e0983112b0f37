/* Which machine instructions an instruction becomes, one by one. Operations on 32 bits clear the upper half
 * of their result here as in BPF. */
#include "exec/jit_aarch64/jit.h"

/* --- arithmetic --- */

/* The second operand in a register. */
static u8 operand(struct jit *j, const struct bpf_insn *i)
{
	if (insn_by_reg(i))
		return src(j, i);
	if (!i->imm)
		return XZR;
	a64_set(&j->a, X9, insn_imm(i));
	return X9;
}

static void binary(struct jit *j, const struct bpf_insn *i, u32 op)
{
	a64_rrr(&j->a, op, insn_width(i), dst(j, i), dst(j, i), operand(j, i));
}

static void arith(struct jit *j, const struct bpf_insn *i, u32 op, u32 op_imm)
{
	if (i->off)
		refuse(j);
	else if (!insn_by_reg(i) && a64_arith_fits(i->imm))
		a64_arith(&j->a, op_imm, insn_width(i), dst(j, i), dst(j, i), i->imm);
	else
		binary(j, i, op);
}

static void logic(struct jit *j, const struct bpf_insn *i, u32 op, u32 op_imm)
{
	if (i->off)
		refuse(j);
	else if (!insn_by_reg(i) && a64_logic_fits(insn_width(i), insn_imm(i)))
		a64_logic(&j->a, op_imm, insn_width(i), dst(j, i), dst(j, i), insn_imm(i));
	else
		binary(j, i, op);
}

static void emit_add(struct jit *j, const struct bpf_insn *i)
{
	arith(j, i, A64_ADD, A64_ADD_IMM);
}

static void emit_sub(struct jit *j, const struct bpf_insn *i)
{
	arith(j, i, A64_SUB, A64_SUB_IMM);
}

static void emit_or(struct jit *j, const struct bpf_insn *i)
{
	logic(j, i, A64_ORR, A64_ORR_IMM);
}

static void emit_and(struct jit *j, const struct bpf_insn *i)
{
	logic(j, i, A64_AND, A64_AND_IMM);
}

static void emit_xor(struct jit *j, const struct bpf_insn *i)
{
	logic(j, i, A64_EOR, A64_EOR_IMM);
}

static void emit_mul(struct jit *j, const struct bpf_insn *i)
{
	if (i->off)
		refuse(j);
	else
		binary(j, i, A64_MUL);
}

/* The machine's quotient of a division by zero is 0, and of the smallest number by -1 that number itself,
 * so remainders come out as RFC 9669 wants them, too. */
static void divide(struct jit *j, const struct bpf_insn *i, bool is_signed, bool remainder)
{
	u32 op = is_signed ? A64_SDIV : A64_UDIV, wide = insn_width(i);
	u8 d = dst(j, i), s;

	if (i->off != is_signed) {
		refuse(j);
		return;
	}
	s = operand(j, i);
	a64_rrr(&j->a, op, wide, remainder ? X10 : d, d, s);
	if (remainder)
		a64_msub(&j->a, wide, d, X10, s, d);
}

static void emit_div(struct jit *j, const struct bpf_insn *i)
{
	divide(j, i, false, false);
}

static void emit_mod(struct jit *j, const struct bpf_insn *i)
{
	divide(j, i, false, true);
}

static void emit_sdiv(struct jit *j, const struct bpf_insn *i)
{
	divide(j, i, true, false);
}

static void emit_smod(struct jit *j, const struct bpf_insn *i)
{
	divide(j, i, true, true);
}

static u8 bits(u32 wide)
{
	return wide ? 64 : 32;
}

static void shift_by(struct jit *j, const struct bpf_insn *i, u8 n)
{
	u32 wide = insn_width(i);
	u8 d = dst(j, i), last = (u8)(bits(wide) - 1);

	switch (BPF_OP(i->code)) {
	case BPF_LSH:
		a64_field(&j->a, A64_UBFM, wide, d, d, (u8)((bits(wide) - n) & last),
			  (u8)(last - n));
		break;
	case BPF_RSH: a64_field(&j->a, A64_UBFM, wide, d, d, n, last); break;
	default: a64_field(&j->a, A64_SBFM, wide, d, d, n, last);
	}
}

static void shift(struct jit *j, const struct bpf_insn *i, u32 op)
{
	u32 wide = insn_width(i);

	if (i->off)
		refuse(j);
	else if (insn_by_reg(i))
		a64_rrr(&j->a, op, wide, dst(j, i), dst(j, i), src(j, i));
	else
		shift_by(j, i, (u8)(i->imm & (bits(wide) - 1)));
}

static void emit_lsh(struct jit *j, const struct bpf_insn *i)
{
	shift(j, i, A64_LSLV);
}

static void emit_rsh(struct jit *j, const struct bpf_insn *i)
{
	shift(j, i, A64_LSRV);
}

static void emit_arsh(struct jit *j, const struct bpf_insn *i)
{
	shift(j, i, A64_ASRV);
}

static void emit_neg(struct jit *j, const struct bpf_insn *i)
{
	if (insn_by_reg(i) || i->off)
		refuse(j);
	else
		a64_rrr(&j->a, A64_SUB, insn_width(i), dst(j, i), XZR, dst(j, i));
}

static void emit_mov(struct jit *j, const struct bpf_insn *i)
{
	u32 wide = insn_width(i);

	if (insn_by_reg(i) && (i->off == 8 || i->off == 16 || (i->off == 32 && wide)))
		a64_field(&j->a, A64_SBFM, wide, dst(j, i), src(j, i), 0, (u8)(i->off - 1));
	else if (i->off)
		refuse(j);
	else if (!insn_by_reg(i))
		a64_set(&j->a, dst(j, i), insn_imm(i));
	else if (!wide || dst(j, i) != src(j, i))
		a64_mov(&j->a, wide, dst(j, i), src(j, i));
}

static void swap(struct jit *j, u8 d, s32 size)
{
	switch (size) {
	case 16:
		a64_unary(&j->a, A64_REV16, d, d);
		a64_field(&j->a, A64_UBFM, 0, d, d, 0, 15);
		break;
	case 32: a64_unary(&j->a, A64_REV32, d, d); break;
	default: a64_unary(&j->a, A64_REV64, d, d);
	}
}

static void truncate(struct jit *j, u8 d, s32 size)
{
	if (size == 16)
		a64_field(&j->a, A64_UBFM, 0, d, d, 0, 15);
	else if (size == 32)
		a64_mov(&j->a, 0, d, d);
}

/* RFC 9669, section 4.2; this machine is little-endian. */
static void emit_end(struct jit *j, const struct bpf_insn *i)
{
	bool wide = BPF_CLASS(i->code) == BPF_ALU64, to_be = BPF_SRC(i->code) == BPF_TO_BE;

	if ((i->imm != 16 && i->imm != 32 && i->imm != 64) || (wide && to_be))
		refuse(j);
	else if (wide || to_be)
		swap(j, dst(j, i), i->imm);
	else
		truncate(j, dst(j, i), i->imm);
}

typedef void emit_fn(struct jit *j, const struct bpf_insn *i);

static emit_fn *const alu_emitters[16] = {
#define ALU(name, code, ...) [(code) >> 4] = emit_##name,
#include "insn/alu.def"
	[BPF_NEG >> 4] = emit_neg,
	[BPF_MOV >> 4] = emit_mov,
	[BPF_END >> 4] = emit_end,
};
static emit_fn *const alu_signed_emitters[16] = {
#define ALU(...)
#define ALU_SIGNED(name, code, ...) [(code) >> 4] = emit_##name,
#include "insn/alu.def"
};

static void select_alu(struct jit *j, const struct bpf_insn *i)
{
	u32 op = BPF_OP(i->code) >> 4;
	emit_fn *emit =
		i->off == 1 && alu_signed_emitters[op] ? alu_signed_emitters[op] : alu_emitters[op];

	if (emit)
		emit(j, i);
	else
		refuse(j);
}

static void function_address(struct jit *j, const struct bpf_insn *i)
{
	const struct func *f = jit_func_at(j, (s64)j->i + i->imm + 1);

	if (f)
		a64_adr(&j->a, dst(j, i), f->at);
	else
		refuse(j);
}

static void select_ld(struct jit *j, const struct bpf_insn *i)
{
	bool legacy = BPF_MODE(i->code) == BPF_ABS || BPF_MODE(i->code) == BPF_IND;

	if (insn_is_func_addr(i))
		function_address(j, i);
	else if (insn_is_ld_imm64(i))
		a64_set(&j->a, dst(j, i), insn_imm64(i));
	else if (legacy && BPF_SIZE(i->code) != BPF_DW && j->p->rt->ld_abs)
		emit_legacy_load(j, i);
	else
		refuse(j);
}

/* --- jumps --- */

/* A conditional branch reaches a megabyte, which is its short form; the long one skips a branch. */
u32 jit_short_saves(const struct bpf_insn *i)
{
	return BPF_OP(i->code) == BPF_JA ? 0 : 4;
}

bool jit_short_reaches(const struct bpf_insn *i, s64 by)
{
	return BPF_OP(i->code) == BPF_JA || (by >= -A64_BCC_REACH && by < A64_BCC_REACH);
}

static void emit_jump(struct jit *j, s32 by)
{
	if (by)
		a64_b(&j->a, j->at[(s64)j->i + 1 + by]);
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
			a64_rrr(&j->a, A64_ANDS, wide, XZR, dst(j, i), operand(j, i));
	} else if (!insn_by_reg(i) && a64_arith_fits(i->imm)) {
		a64_arith(&j->a, A64_SUBS_IMM, wide, XZR, dst(j, i), i->imm);
	} else {
		a64_rrr(&j->a, A64_SUBS, wide, XZR, dst(j, i), operand(j, i));
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

static void select_conditional(struct jit *j, const struct bpf_insn *i)
{
	static const u8 ccs[16] = {
#define JMP(name, code, ...) [(code) >> 4] = CC_##name + 1,
#include "insn/jmp.def"
	};
	u8 op = BPF_OP(i->code), cc = ccs[op >> 4];

	if (!cc) {
		refuse(j);
		return;
	}
	if (!insn_by_reg(i) && !i->imm && (op == BPF_JEQ || op == BPF_JNE)) {
		jump_if(j, i, op == BPF_JEQ ? A64_ZERO : A64_NOT_ZERO, insn_width(i), dst(j, i));
		return;
	}
	compare(j, i);
	jump_if(j, i, cc - 1, 0, 0);
}

/* Goes on until the run has used up its allowance, then leaves the loop. */
static void may_goto(struct jit *j, const struct bpf_insn *i)
{
	u32 left = offsetof(struct skep_run, loops_left);

	a64_run(j, A64_LOAD, 2, X9, left);
	jump_if(j, i, A64_ZERO, 0, X9);
	a64_arith(&j->a, A64_SUB_IMM, 0, X9, X9, 1);
	a64_run(j, A64_STORE, 2, X9, left);
}

static void select_jmp(struct jit *j, const struct bpf_insn *i)
{
	bool wide = BPF_CLASS(i->code) == BPF_JMP;

	if (BPF_OP(i->code) == BPF_JA)
		emit_jump(j, wide ? i->off : i->imm);
	else if (wide && BPF_OP(i->code) == BPF_CALL)
		emit_call(j, i);
	else if (wide && BPF_OP(i->code) == BPF_EXIT)
		emit_exit(j);
	else if (wide && BPF_OP(i->code) == BPF_JCOND && i->src_reg == BPF_MAY_GOTO)
		may_goto(j, i);
	else
		select_conditional(j, i);
}

void jit_select(struct jit *j, const struct bpf_insn *i)
{
	switch (BPF_CLASS(i->code)) {
	case BPF_ALU:
	case BPF_ALU64: select_alu(j, i); break;
	case BPF_LD: select_ld(j, i); break;
	case BPF_LDX: select_ldx(j, i); break;
	case BPF_ST:
	case BPF_STX: select_store(j, i); break;
	default: select_jmp(j, i);
	}
}
