/* Arithmetic, instruction by instruction. */
#include "exec/jit_x86_64/jit.h"

static void binary(struct jit *j, const struct bpf_insn *i, u32 op, enum x64_arith arith)
{
	if (insn_by_reg(i))
		x64_rr(&j->a, op | insn_width(i), src(j, i), dst(j, i));
	else
		x64_arith_imm(&j->a, arith, insn_width(i), dst(j, i), i->imm);
	x64_flags_say(j, dst(j, i), insn_width(i));
}

void emit_add(struct jit *j, const struct bpf_insn *i)
{
	binary(j, i, X64_ADD, ARITH_ADD);
}

void emit_sub(struct jit *j, const struct bpf_insn *i)
{
	binary(j, i, X64_SUB, ARITH_SUB);
}

void emit_or(struct jit *j, const struct bpf_insn *i)
{
	binary(j, i, X64_OR, ARITH_OR);
}

void emit_xor(struct jit *j, const struct bpf_insn *i)
{
	binary(j, i, X64_XOR, ARITH_XOR);
}

/* A mask without sign bit clears the upper half at either width, as 32-bit operations do. */
void emit_and(struct jit *j, const struct bpf_insn *i)
{
	if (insn_by_reg(i) || i->imm < 0)
		binary(j, i, X64_AND, ARITH_AND);
	else if (i->imm == 0xff)
		x64_rr(&j->a, X64_MOVZX8 | X64_BYTE_RM, dst(j, i), dst(j, i));
	else if (i->imm == 0xffff)
		x64_rr(&j->a, X64_MOVZX16, dst(j, i), dst(j, i));
	else {
		x64_arith_imm(&j->a, ARITH_AND, 0, dst(j, i), i->imm);
		x64_flags_say(j, dst(j, i), 0);
	}
}

void emit_mul(struct jit *j, const struct bpf_insn *i)
{
	if (insn_by_reg(i))
		x64_rr(&j->a, X64_IMUL | insn_width(i), dst(j, i), src(j, i));
	else
		x64_imul_imm(&j->a, insn_width(i), dst(j, i), dst(j, i), i->imm);
}

void emit_div(struct jit *j, const struct bpf_insn *i)
{
	emit_divide(j, i, false, false);
}

void emit_mod(struct jit *j, const struct bpf_insn *i)
{
	emit_divide(j, i, false, true);
}

void emit_sdiv(struct jit *j, const struct bpf_insn *i)
{
	emit_divide(j, i, true, false);
}

void emit_smod(struct jit *j, const struct bpf_insn *i)
{
	emit_divide(j, i, true, true);
}

/* Without BMI2 the count must be in cl, which is r4's. */
static void shift_by_cl(struct jit *j, const struct bpf_insn *i, enum x64_shift op)
{
	u32 wide = insn_width(i);
	u8 d = dst(j, i) == RCX ? R11 : dst(j, i);

	if (src(j, i) == RCX) {
		x64_shift_cl(&j->a, op, wide, dst(j, i));
		return;
	}
	x64_rr(&j->a, X64_MOV | X64_W, R11, RCX);
	x64_rr(&j->a, X64_MOV | X64_W, RCX, src(j, i));
	x64_shift_cl(&j->a, op, wide, d);
	x64_rr(&j->a, X64_MOV | X64_W, RCX, R11);
}

static void shift_by_constant(struct jit *j, const struct bpf_insn *i, enum x64_shift op, u8 n)
{
	x64_shift_imm(&j->a, op, insn_width(i), dst(j, i), n);
	x64_flags_say(j, dst(j, i), insn_width(i));
}

static void shift(struct jit *j, const struct bpf_insn *i, enum x64_shift op)
{
	u32 wide = insn_width(i);
	u8 n = (u8)(i->imm & (wide ? 63 : 31));

	if (insn_by_reg(i) && j->newer)
		x64_shiftx(&j->a, op, wide, dst(j, i), dst(j, i), src(j, i));
	else if (insn_by_reg(i))
		shift_by_cl(j, i, op);
	else if (n)
		shift_by_constant(j, i, op, n);
	else if (!wide)
		x64_rr(&j->a, X64_MOV, dst(j, i), dst(j, i)); /* zero-extends */
}

void emit_lsh(struct jit *j, const struct bpf_insn *i)
{
	shift(j, i, SHIFT_SHL);
}

void emit_rsh(struct jit *j, const struct bpf_insn *i)
{
	shift(j, i, SHIFT_SHR);
}

void emit_arsh(struct jit *j, const struct bpf_insn *i)
{
	shift(j, i, SHIFT_SAR);
}

void emit_neg(struct jit *j, const struct bpf_insn *i)
{
	x64_unary(&j->a, UNARY_NEG, insn_width(i), dst(j, i));
}

/* The opcodes extend to 64 bits; without X64_W, to 32, and the rest becomes 0. */
static void move_extended(struct jit *j, const struct bpf_insn *i)
{
	u32 wide = insn_width(i);

	switch (i->off) {
	case 8:
		x64_rr(&j->a, ((X64_MOVSX8 & ~X64_W) | X64_BYTE_RM) | wide, dst(j, i), src(j, i));
		break;
	case 16: x64_rr(&j->a, (X64_MOVSX16 & ~X64_W) | wide, dst(j, i), src(j, i)); break;
	default: x64_rr(&j->a, X64_MOVSX32, dst(j, i), src(j, i));
	}
}

static void move(struct jit *j, const struct bpf_insn *i)
{
	u32 wide = insn_width(i);

	if (!insn_by_reg(i))
		x64_set(&j->a, dst(j, i), wide ? (u64)(s64)i->imm : (u32)i->imm);
	else if (i->off)
		move_extended(j, i);
	else if (!wide || dst(j, i) != src(j, i))
		x64_rr(&j->a, X64_MOV | wide, dst(j, i), src(j, i));
}

void emit_mov(struct jit *j, const struct bpf_insn *i)
{
	u32 from = j->a.len;

	move(j, i);
	if (insn_by_reg(i) || i->imm) /* 0 is an exclusive or */
		x64_flags_stay(j, from, dst(j, i));
}

static void truncate(struct jit *j, u8 d, s32 bits)
{
	if (bits == 16)
		x64_rr(&j->a, X64_MOVZX16, d, d);
	else if (bits == 32)
		x64_rr(&j->a, X64_MOV, d, d);
}

/* RFC 9669, section 4.2; this machine is little-endian. */
void emit_end(struct jit *j, const struct bpf_insn *i)
{
	bool wide = BPF_CLASS(i->code) == BPF_ALU64, to_be = BPF_SRC(i->code) == BPF_TO_BE;

	if ((wide || to_be) && i->imm == 16)
		x64_swap16(&j->a, dst(j, i));
	else if (wide || to_be)
		x64_bswap(&j->a, i->imm == 64 ? X64_W : 0, dst(j, i));
	if (i->imm == 16 || !(wide || to_be))
		truncate(j, dst(j, i), i->imm);
}

void emit_set(struct jit *j, u8 reg, u64 value)
{
	x64_set(&j->a, reg, value);
}

void emit_code_address(struct jit *j, u8 reg, u32 at)
{
	x64_lea_code(&j->a, reg, at);
}
