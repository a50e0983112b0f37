/* Division: RFC 9669's results where the machine would fault (by zero, and the smallest number by -1), and
 * multiplication by a reciprocal in the place of unsigned division by a constant. */
#include "exec/jit_x86_64/jit.h"

struct division {
	u8 d, s;
	u32 wide;
	bool is_signed, remainder;
};

static void move(struct jit *j, u32 wide, u8 to, u8 from)
{
	if (to != from || !wide)
		x64_rr(&j->a, X64_MOV | wide, to, from);
}

/* d = d / s or d % s, s neither 0 nor, if signed, -1, nor in rax or rdx. */
static void machine_division(struct jit *j, const struct division *v)
{
	bool keeps_rax = v->d != RAX && jit_live(j, 0), keeps_rdx = v->d != RDX && jit_live(j, 3);

	if (keeps_rax)
		move(j, X64_W, R9, RAX);
	if (keeps_rdx)
		move(j, X64_W, R10, RDX);
	move(j, X64_W, RAX, v->d);
	if (v->is_signed)
		x64_sign_rax(&j->a, v->wide);
	else
		x64_rr(&j->a, X64_XOR, RDX, RDX);
	x64_unary(&j->a, v->is_signed ? UNARY_IDIV : UNARY_DIV, v->wide, v->s);
	move(j, X64_W, v->d, v->remainder ? RDX : RAX);
	if (keeps_rax)
		move(j, X64_W, RAX, R9);
	if (keeps_rdx)
		move(j, X64_W, RDX, R10);
}

static void by_zero(struct jit *j, const struct division *v)
{
	if (!v->remainder)
		x64_set(&j->a, v->d, 0);
	else if (!v->wide)
		move(j, 0, v->d, v->d);
}

static void by_minus_one(struct jit *j, const struct division *v)
{
	if (v->remainder)
		x64_set(&j->a, v->d, 0);
	else
		x64_unary(&j->a, UNARY_NEG, v->wide, v->d);
}

static void by_register(struct jit *j, struct division *v)
{
	u32 zero, minus_one = 0, end, end2 = 0;

	if (v->s == RAX || v->s == RDX) {
		move(j, X64_W, R11, v->s);
		v->s = R11;
	}
	x64_rr(&j->a, X64_TEST | v->wide, v->s, v->s);
	zero = x64_jcc_forward(&j->a, CC_E);
	if (v->is_signed) {
		x64_arith_imm(&j->a, ARITH_CMP, v->wide, v->s, -1);
		minus_one = x64_jcc_forward(&j->a, CC_E);
	}
	machine_division(j, v);
	end = x64_jmp_forward(&j->a);
	if (v->is_signed) {
		x64_land(&j->a, minus_one);
		by_minus_one(j, v);
		end2 = x64_jmp_forward(&j->a);
	}
	x64_land(&j->a, zero);
	by_zero(j, v);
	x64_land(&j->a, end);
	if (v->is_signed)
		x64_land(&j->a, end2);
}

/* --- unsigned, by a constant --- */

__extension__ typedef unsigned __int128 u128;

/* Granlund and Montgomery, "Division by invariant integers using multiplication" (1994): with
 * s = floor(log2 c) and m = floor(2^(64 + s) / c) + 1, which is below 2^64 for a c that is no power of 2,
 * n / c = (n * m) >> (64 + s) for all n < 2^64 if m * c - 2^(64 + s) <= 2^s. For n < 2^32 and
 * c < 2^32, m = floor(2^64 / c) + 1 is always exact: the excess is at most c, and n * c < 2^64. Otherwise
 * m has 65 bits, and its top bit is added apart. */
struct reciprocal {
	u64 m;
	u8 shift;
	bool has_top_bit;
};

static struct reciprocal reciprocal(u64 c, bool wide)
{
	u8 s = (u8)(63 - __builtin_clzll(c));
	u128 power = (u128)1 << (64 + s);
	struct reciprocal r = { .m = (u64)(power / c) + 1, .shift = s };

	if (!wide)
		return (struct reciprocal){ .m = (u64)(((u128)1 << 64) / c) + 1 };
	if ((u128)r.m * c - power <= (u128)1 << s)
		return r;
	/* 2^64 + m = floor(2^(65 + s) / c) + 1 */
	r.has_top_bit = true;
	r.m = (u64)(power / c) * 2 + (power % c * 2 >= c) + 1;
	return r;
}

/* r11 = d / c. rdx holds d meanwhile. */
static void quotient(struct jit *j, const struct division *v, u64 c)
{
	struct reciprocal r = reciprocal(c, v->wide);
	bool keeps_rdx = v->d != RDX && jit_live(j, 3);

	if (keeps_rdx)
		move(j, X64_W, R10, RDX);
	x64_set(&j->a, R11, r.m);
	move(j, v->wide, RDX, v->d);
	x64_mulx(&j->a, X64_W, R11, R9, R11);
	if (r.has_top_bit) { /* (n - t) / 2 + t, without overflow */
		move(j, X64_W, R9, RDX);
		x64_rr(&j->a, X64_SUB | X64_W, R11, R9);
		x64_shift_imm(&j->a, SHIFT_SHR, X64_W, R9, 1);
		x64_rr(&j->a, X64_ADD | X64_W, R9, R11);
	}
	if (r.shift)
		x64_shift_imm(&j->a, SHIFT_SHR, X64_W, R11, r.shift);
	if (keeps_rdx)
		move(j, X64_W, RDX, R10);
}

static void by_power_of_2(struct jit *j, const struct division *v, u64 c)
{
	u8 s = (u8)__builtin_ctzll(c);

	if (!v->remainder && s)
		x64_shift_imm(&j->a, SHIFT_SHR, v->wide, v->d, s);
	else if (!v->remainder)
		move(j, v->wide, v->d, v->d);
	else if (c - 1 <= 0x7fffffff)
		x64_arith_imm(&j->a, ARITH_AND, 0, v->d, (s32)(c - 1));
	else if (c == 0x80000000 && !v->wide)
		x64_arith_imm(&j->a, ARITH_AND, 0, v->d, 0x7fffffff);
	else { /* 2^63 alone is a sign-extended constant, and 2^31 by 64 bits is not */
		x64_set(&j->a, R11, c - 1);
		x64_rr(&j->a, X64_AND | X64_W, R11, v->d);
	}
}

static void by_constant(struct jit *j, const struct division *v, u64 c, s32 imm)
{
	if (IS_POWER_OF_2(c)) {
		by_power_of_2(j, v, c);
		return;
	}
	quotient(j, v, c);
	if (v->remainder) {
		x64_imul_imm(&j->a, v->wide, R11, R11, imm);
		x64_rr(&j->a, X64_SUB | v->wide, R11, v->d);
	} else {
		move(j, X64_W, v->d, R11);
	}
}

static void by_immediate(struct jit *j, struct division *v, s32 imm)
{
	u64 c = v->wide ? (u64)(s64)imm : (u32)imm;

	if (!imm) {
		by_zero(j, v);
	} else if (v->is_signed && imm == -1) {
		by_minus_one(j, v);
	} else if (!v->is_signed && (j->newer || IS_POWER_OF_2(c))) {
		by_constant(j, v, c, imm);
	} else {
		x64_set(&j->a, R11, c);
		v->s = R11;
		machine_division(j, v);
	}
}

void emit_divide(struct jit *j, const struct bpf_insn *i, bool is_signed, bool remainder)
{
	struct division v = { jit_reg(j, i->dst_reg), jit_reg(j, i->src_reg), insn_width(i),
			      is_signed, remainder };

	if (insn_by_reg(i))
		by_register(j, &v);
	else
		by_immediate(j, &v, i->imm);
}
