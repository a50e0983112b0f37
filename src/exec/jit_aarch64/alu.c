/* Arithmetic, instruction by instruction. Operations on 32 bits clear the upper half of their result here as in
 * BPF. */
#include "exec/jit_aarch64/jit.h"

u8 a64_operand(struct jit *j, const struct bpf_insn *i)
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
	a64_rrr(&j->a, op, insn_width(i), dst(j, i), dst(j, i), a64_operand(j, i));
}

static void arith(struct jit *j, const struct bpf_insn *i, u32 op, u32 op_imm)
{
	if (!insn_by_reg(i) && a64_arith_fits(i->imm))
		a64_arith(&j->a, op_imm, insn_width(i), dst(j, i), dst(j, i), i->imm);
	else
		binary(j, i, op);
}

static void logic(struct jit *j, const struct bpf_insn *i, u32 op, u32 op_imm)
{
	if (!insn_by_reg(i) && a64_logic_fits(insn_width(i), insn_imm(i)))
		a64_logic(&j->a, op_imm, insn_width(i), dst(j, i), dst(j, i), insn_imm(i));
	else
		binary(j, i, op);
}

void emit_add(struct jit *j, const struct bpf_insn *i)
{
	arith(j, i, A64_ADD, A64_ADD_IMM);
}

void emit_sub(struct jit *j, const struct bpf_insn *i)
{
	arith(j, i, A64_SUB, A64_SUB_IMM);
}

void emit_or(struct jit *j, const struct bpf_insn *i)
{
	logic(j, i, A64_ORR, A64_ORR_IMM);
}

void emit_and(struct jit *j, const struct bpf_insn *i)
{
	logic(j, i, A64_AND, A64_AND_IMM);
}

void emit_xor(struct jit *j, const struct bpf_insn *i)
{
	logic(j, i, A64_EOR, A64_EOR_IMM);
}

void emit_mul(struct jit *j, const struct bpf_insn *i)
{
	binary(j, i, A64_MUL);
}

/* The machine's quotient of a division by zero is 0, and of the smallest number by -1 that number itself,
 * so remainders come out as RFC 9669 wants them, too. */
static void divide(struct jit *j, const struct bpf_insn *i, bool is_signed, bool remainder)
{
	u32 op = is_signed ? A64_SDIV : A64_UDIV, wide = insn_width(i);
	u8 d = dst(j, i), s = a64_operand(j, i);

	a64_rrr(&j->a, op, wide, remainder ? X10 : d, d, s);
	if (remainder)
		a64_msub(&j->a, wide, d, X10, s, d);
}

void emit_div(struct jit *j, const struct bpf_insn *i)
{
	divide(j, i, false, false);
}

void emit_mod(struct jit *j, const struct bpf_insn *i)
{
	divide(j, i, false, true);
}

void emit_sdiv(struct jit *j, const struct bpf_insn *i)
{
	divide(j, i, true, false);
}

void emit_smod(struct jit *j, const struct bpf_insn *i)
{
	divide(j, i, true, true);
}

static void shift(struct jit *j, const struct bpf_insn *i, u32 op)
{
	u32 wide = insn_width(i);

	if (insn_by_reg(i))
		a64_rrr(&j->a, op, wide, dst(j, i), dst(j, i), src(j, i));
	else
		a64_shift(&j->a, BPF_OP(i->code), wide, dst(j, i), dst(j, i), (u8)i->imm);
}

void emit_lsh(struct jit *j, const struct bpf_insn *i)
{
	shift(j, i, A64_LSLV);
}

void emit_rsh(struct jit *j, const struct bpf_insn *i)
{
	shift(j, i, A64_LSRV);
}

void emit_arsh(struct jit *j, const struct bpf_insn *i)
{
	shift(j, i, A64_ASRV);
}

void emit_neg(struct jit *j, const struct bpf_insn *i)
{
	a64_rrr(&j->a, A64_SUB, insn_width(i), dst(j, i), XZR, dst(j, i));
}

void emit_mov(struct jit *j, const struct bpf_insn *i)
{
	u32 wide = insn_width(i);

	if (i->off)
		a64_field(&j->a, A64_SBFM, wide, dst(j, i), src(j, i), 0, (u8)(i->off - 1));
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
void emit_end(struct jit *j, const struct bpf_insn *i)
{
	bool wide = BPF_CLASS(i->code) == BPF_ALU64, to_be = BPF_SRC(i->code) == BPF_TO_BE;

	if (wide || to_be)
		swap(j, dst(j, i), i->imm);
	else
		truncate(j, dst(j, i), i->imm);
}

void emit_set(struct jit *j, u8 reg, u64 value)
{
	a64_set(&j->a, reg, value);
}

void emit_code_address(struct jit *j, u8 reg, u32 at)
{
	a64_adr(&j->a, reg, at);
}
