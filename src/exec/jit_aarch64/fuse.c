/* Several instructions that one machine instruction can do (jit/fuse.c has rotations): results into a third register,
 * products that are added or subtracted, bit fields, addresses that are sums. */
#include "exec/jit_aarch64/jit.h"

static u32 wide_of(u8 class)
{
	return class == BPF_ALU64 ? A64_X : 0;
}

void emit_rotate(struct jit *j, u8 class, u8 to, u8 from, u32 left)
{
	u32 bits = class == BPF_ALU64 ? 64 : 32;

	a64_rotate(&j->a, wide_of(class), jit_reg(j, to), jit_reg(j, from), (u8)(bits - left));
}

/* --- into a third register: a = x; a op= y --- */

static u32 three_operands(u8 op)
{
	switch (op) {
	case BPF_ADD: return A64_ADD;
	case BPF_SUB: return A64_SUB;
	case BPF_AND: return A64_AND;
	case BPF_OR: return A64_ORR;
	case BPF_XOR: return A64_EOR;
	case BPF_MUL: return A64_MUL;
	case BPF_LSH: return A64_LSLV;
	case BPF_RSH: return A64_LSRV;
	case BPF_ARSH: return A64_ASRV;
	default: return 0;
	}
}

static bool put_constant_form(struct jit *j, const struct bpf_insn *i, u8 d, u8 n)
{
	u32 wide = insn_width(i);

	switch (BPF_OP(i->code)) {
	case BPF_ADD:
	case BPF_SUB:
		if (!a64_arith_fits(i->imm))
			return false;
		a64_arith(&j->a, BPF_OP(i->code) == BPF_ADD ? A64_ADD_IMM : A64_SUB_IMM, wide, d, n,
			  i->imm);
		return true;
	case BPF_AND:
		if (!a64_logic_fits(wide, insn_imm(i)))
			return false;
		a64_logic(&j->a, A64_AND_IMM, wide, d, n, insn_imm(i));
		return true;
	case BPF_LSH:
	case BPF_RSH:
	case BPF_ARSH: a64_shift(&j->a, BPF_OP(i->code), wide, d, n, (u8)i->imm); return true;
	default: return false;
	}
}

static u32 fuse_move(struct jit *j, const struct bpf_insn *i, u8 class)
{
	u8 op = BPF_OP(i[1].code), a = i->dst_reg;

	if (BPF_CLASS(i[1].code) != class || i[1].off || i[1].dst_reg != a || a == i->src_reg)
		return 0;
	if (!insn_by_reg(&i[1]))
		return put_constant_form(j, &i[1], dst(j, i), src(j, i)) ? 2 : 0;
	if (!three_operands(op) || i[1].src_reg == a)
		return 0;
	a64_rrr(&j->a, three_operands(op), wide_of(class), dst(j, i), src(j, i), src(j, &i[1]));
	return 2;
}

/* --- t *= y; a += t or a -= t, and t is not read again --- */

static u32 fuse_product(struct jit *j, const struct bpf_insn *i, u8 class)
{
	u8 t = i->dst_reg, a = i[1].dst_reg;
	bool adds = jit_is_op(&i[1], class, BPF_ADD | BPF_X);

	if (!jit_is_op(i, class, BPF_MUL | BPF_X) || i[1].src_reg != t || a == t ||
	    (!adds && !jit_is_op(&i[1], class, BPF_SUB | BPF_X)) || !jit_dead_after(j, 2, t))
		return 0;
	if (adds)
		a64_madd(&j->a, wide_of(class), jit_reg(j, a), dst(j, i), src(j, i), jit_reg(j, a));
	else
		a64_msub(&j->a, wide_of(class), jit_reg(j, a), dst(j, i), src(j, i), jit_reg(j, a));
	return 2;
}

/* --- bit fields: x <<= left; x >>= right, or x >>= right; x &= 2^n - 1 --- */

static u32 put_field(struct jit *j, const struct bpf_insn *i, u8 class, bool is_signed, u8 left,
		     u8 right)
{
	u8 bits = class == BPF_ALU64 ? 64 : 32;
	u8 first = right >= left ? (u8)(right - left) : (u8)(bits - (left - right));

	a64_field(&j->a, is_signed ? A64_SBFM : A64_UBFM, wide_of(class), dst(j, i), dst(j, i),
		  first, (u8)(bits - 1 - left));
	return 2;
}

static bool is_shift(const struct bpf_insn *i, u8 class, u8 op)
{
	return jit_is_op(i, class, op | BPF_K) && i->imm > 0 &&
	       i->imm < (class == BPF_ALU64 ? 64 : 32);
}

static u32 fuse_field(struct jit *j, const struct bpf_insn *i, u8 class)
{
	bool is_signed = BPF_OP(i[1].code) == BPF_ARSH;
	u32 mask = (u32)i[1].imm;
	u8 n = mask ? (u8)(32 - __builtin_clz(mask)) : 0;

	if (i[1].dst_reg != i->dst_reg)
		return 0;
	if (is_shift(i, class, BPF_LSH) &&
	    (is_shift(&i[1], class, BPF_RSH) || is_shift(&i[1], class, BPF_ARSH)))
		return put_field(j, i, class, is_signed, (u8)i->imm, (u8)i[1].imm);
	if (!is_shift(i, class, BPF_RSH) || !jit_is_op(&i[1], class, BPF_AND | BPF_K) ||
	    i[1].imm <= 0 || (mask & (mask + 1)) || i->imm + n > (class == BPF_ALU64 ? 64 : 32))
		return 0;
	a64_field(&j->a, A64_UBFM, wide_of(class), dst(j, i), dst(j, i), (u8)i->imm,
		  (u8)(i->imm + n - 1));
	return 2;
}

/* --- a = x; a += y; a load from there, and a is not read again --- */

static u32 fuse_address(struct jit *j, const struct bpf_insn *i)
{
	u8 a = i->dst_reg;

	if (!jit_in_a_row(j, 3) || !jit_is_move(i, BPF_ALU64) || a == i->src_reg ||
	    !jit_is_op(&i[1], BPF_ALU64, BPF_ADD | BPF_X) || i[1].dst_reg != a ||
	    i[1].src_reg == a || BPF_CLASS(i[2].code) != BPF_LDX ||
	    BPF_MODE(i[2].code) != BPF_MEM || i[2].src_reg != a || i[2].off ||
	    (i[2].dst_reg != a && !jit_dead_after(j, 3, a)))
		return 0;
	a64_mem_reg(&j->a, A64_LOAD, a64_log_size(i[2].code), dst(j, &i[2]), src(j, i),
		    src(j, &i[1]));
	return 3;
}

u32 jit_fuse(struct jit *j, const struct bpf_insn *i)
{
	u8 class = BPF_CLASS(i->code);

	if ((class != BPF_ALU && class != BPF_ALU64) || !jit_in_a_row(j, 2))
		return 0;
	if (!jit_is_move(i, class))
		return fuse_product(j, i, class) ?: fuse_field(j, i, class);
	return jit_fuse_rotation(j, i, class) ?: fuse_address(j, i) ?: fuse_move(j, i, class);
}
