/* Which machine instructions an instruction becomes, one by one. */
#include "exec/jit_x86_64/jit.h"

static u8 dst(const struct jit *j, const struct bpf_insn *i)
{
	return jit_reg(j, i->dst_reg);
}
static u8 src(const struct jit *j, const struct bpf_insn *i)
{
	return jit_reg(j, i->src_reg);
}

static void refuse(struct jit *j)
{
	j->err = jit_refuse(j);
}

/* --- arithmetic --- */

static void binary(struct jit *j, const struct bpf_insn *i, u32 op, enum x64_arith arith)
{
	if (i->off)
		refuse(j);
	else if (insn_by_reg(i))
		x64_rr(&j->a, op | insn_width(i), src(j, i), dst(j, i));
	else
		x64_arith_imm(&j->a, arith, insn_width(i), dst(j, i), i->imm);
}

static void emit_add(struct jit *j, const struct bpf_insn *i)
{
	binary(j, i, X64_ADD, ARITH_ADD);
}

static void emit_sub(struct jit *j, const struct bpf_insn *i)
{
	binary(j, i, X64_SUB, ARITH_SUB);
}

static void emit_or(struct jit *j, const struct bpf_insn *i)
{
	binary(j, i, X64_OR, ARITH_OR);
}

static void emit_xor(struct jit *j, const struct bpf_insn *i)
{
	binary(j, i, X64_XOR, ARITH_XOR);
}

/* A mask without sign bit clears the upper half at either width, as 32-bit operations do. */
static void emit_and(struct jit *j, const struct bpf_insn *i)
{
	if (insn_by_reg(i) || i->off || i->imm < 0)
		binary(j, i, X64_AND, ARITH_AND);
	else if (i->imm == 0xff)
		x64_rr(&j->a, X64_MOVZX8 | X64_BYTE_RM, dst(j, i), dst(j, i));
	else if (i->imm == 0xffff)
		x64_rr(&j->a, X64_MOVZX16, dst(j, i), dst(j, i));
	else
		x64_arith_imm(&j->a, ARITH_AND, 0, dst(j, i), i->imm);
}

static void emit_mul(struct jit *j, const struct bpf_insn *i)
{
	if (i->off)
		refuse(j);
	else if (insn_by_reg(i))
		x64_rr(&j->a, X64_IMUL | insn_width(i), dst(j, i), src(j, i));
	else
		x64_imul_imm(&j->a, insn_width(i), dst(j, i), dst(j, i), i->imm);
}

static void emit_div(struct jit *j, const struct bpf_insn *i)
{
	emit_divide(j, i, false, false);
}

static void emit_mod(struct jit *j, const struct bpf_insn *i)
{
	emit_divide(j, i, false, true);
}

static void emit_sdiv(struct jit *j, const struct bpf_insn *i)
{
	emit_divide(j, i, true, false);
}

static void emit_smod(struct jit *j, const struct bpf_insn *i)
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

static void shift(struct jit *j, const struct bpf_insn *i, enum x64_shift op)
{
	u32 wide = insn_width(i);
	u8 n = (u8)(i->imm & (wide ? 63 : 31));

	if (i->off)
		refuse(j);
	else if (insn_by_reg(i) && j->newer)
		x64_shiftx(&j->a, op, wide, dst(j, i), dst(j, i), src(j, i));
	else if (insn_by_reg(i))
		shift_by_cl(j, i, op);
	else if (n)
		x64_shift_imm(&j->a, op, wide, dst(j, i), n);
	else if (!wide)
		x64_rr(&j->a, X64_MOV, dst(j, i), dst(j, i)); /* zero-extends */
}

static void emit_lsh(struct jit *j, const struct bpf_insn *i)
{
	shift(j, i, SHIFT_SHL);
}

static void emit_rsh(struct jit *j, const struct bpf_insn *i)
{
	shift(j, i, SHIFT_SHR);
}

static void emit_arsh(struct jit *j, const struct bpf_insn *i)
{
	shift(j, i, SHIFT_SAR);
}

static void emit_neg(struct jit *j, const struct bpf_insn *i)
{
	if (insn_by_reg(i) || i->off)
		refuse(j);
	else
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
	case 32: x64_rr(&j->a, wide ? X64_MOVSX32 : X64_MOV, dst(j, i), src(j, i)); break;
	default: refuse(j);
	}
}

static void emit_mov(struct jit *j, const struct bpf_insn *i)
{
	u32 wide = insn_width(i);

	if (!insn_by_reg(i) && !i->off)
		x64_set(&j->a, dst(j, i), wide ? (u64)(s64)i->imm : (u32)i->imm);
	else if (!insn_by_reg(i))
		refuse(j);
	else if (i->off)
		move_extended(j, i);
	else if (!wide || dst(j, i) != src(j, i))
		x64_rr(&j->a, X64_MOV | wide, dst(j, i), src(j, i));
}

static void truncate(struct jit *j, u8 d, s32 bits)
{
	if (bits == 16)
		x64_rr(&j->a, X64_MOVZX16, d, d);
	else if (bits == 32)
		x64_rr(&j->a, X64_MOV, d, d);
}

/* RFC 9669, section 4.2; this machine is little-endian. */
static void emit_end(struct jit *j, const struct bpf_insn *i)
{
	bool wide = BPF_CLASS(i->code) == BPF_ALU64, to_be = BPF_SRC(i->code) == BPF_TO_BE;

	if ((i->imm != 16 && i->imm != 32 && i->imm != 64) || (wide && to_be)) {
		refuse(j);
		return;
	}
	if ((wide || to_be) && i->imm == 16)
		x64_swap16(&j->a, dst(j, i));
	else if (wide || to_be)
		x64_bswap(&j->a, i->imm == 64 ? X64_W : 0, dst(j, i));
	if (i->imm == 16 || !(wide || to_be))
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

/* --- memory --- */

/* Sizes in the order of their code: W, H, B, DW. */
u32 x64_load_op(u8 code)
{
	static const u32 ops[4] = { X64_MOV, X64_MOVZX16, X64_MOVZX8, X64_MOV | X64_W };

	return ops[BPF_SIZE(code) >> 3];
}

static void load(struct jit *j, const struct bpf_insn *i, bool extend_sign)
{
	static const u32 sign[4] = { X64_MOVSX32, X64_MOVSX16, X64_MOVSX8 };
	u32 op = extend_sign ? sign[BPF_SIZE(i->code) >> 3] : x64_load_op(i->code);

	x64_rm(&j->a, op, dst(j, i), x64_at(src(j, i), i->off));
}

static void select_ldx(struct jit *j, const struct bpf_insn *i)
{
	bool extend_sign = BPF_MODE(i->code) == BPF_MEMSX;

	if (BPF_MODE(i->code) != BPF_MEM && (!extend_sign || BPF_SIZE(i->code) == BPF_DW))
		refuse(j);
	else
		load(j, i, extend_sign);
}

static void store(struct jit *j, const struct bpf_insn *i)
{
	static const u32 ops[4] = { X64_STORE, X64_STORE | X64_66, X64_STORE8, X64_STORE | X64_W };

	x64_rm(&j->a, ops[BPF_SIZE(i->code) >> 3], src(j, i), x64_at(dst(j, i), i->off));
}

/* and, or, xor that fetch: s = old, by compare-and-exchange on rax. The operand goes to r10 and s holds
 * the new value meanwhile, or r9 if s is rax; else r9 keeps r0. */
static void atomic_loop(struct jit *j, const struct bpf_insn *i, u32 op, u32 wide)
{
	u8 s = src(j, i), new = s == RAX ? R9 : s;
	struct x64_mem m = x64_at(R11, 0);
	u32 again;

	x64_rm(&j->a, X64_LEA | X64_W, R11, x64_at(dst(j, i), i->off));
	x64_rr(&j->a, X64_MOV | X64_W, R10, s);
	if (s != RAX)
		x64_rr(&j->a, X64_MOV | X64_W, R9, RAX);
	x64_rm(&j->a, X64_MOV | wide, RAX, m);
	again = j->a.len;
	x64_rr(&j->a, X64_MOV | wide, new, RAX);
	x64_rr(&j->a, op | wide, R10, new);
	x64_rm(&j->a, X64_CMPXCHG | X64_LOCK | wide, new, m);
	x64_jcc(&j->a, CC_NE, true, again);
	if (s != RAX) {
		x64_rr(&j->a, X64_MOV | wide, s, RAX);
		x64_rr(&j->a, X64_MOV | X64_W, RAX, R9);
	}
}

static void atomic(struct jit *j, const struct bpf_insn *i, u32 op, u32 wide)
{
	struct x64_mem m = x64_at(dst(j, i), i->off);

	if (!(i->imm & BPF_FETCH))
		x64_rm(&j->a, op | X64_LOCK | wide, src(j, i), m);
	else if (op == X64_ADD)
		x64_rm(&j->a, X64_XADD | X64_LOCK | wide, src(j, i), m);
	else
		atomic_loop(j, i, op, wide);
}

static void compare_exchange(struct jit *j, const struct bpf_insn *i, u32 wide)
{
	x64_rm(&j->a, X64_CMPXCHG | X64_LOCK | wide, src(j, i), x64_at(dst(j, i), i->off));
	if (!wide)
		x64_rr(&j->a, X64_MOV, RAX, RAX); /* when equal, rax was not written */
}

#define ATOMIC_OP_add X64_ADD
#define ATOMIC_OP_or  X64_OR
#define ATOMIC_OP_and X64_AND
#define ATOMIC_OP_xor X64_XOR

static void select_atomic(struct jit *j, const struct bpf_insn *i)
{
	u8 size = BPF_SIZE(i->code);
	u32 wide = size == BPF_DW ? X64_W : 0;

	/* This machine's loads acquire and its stores release. */
	if (i->imm == BPF_LOAD_ACQ) {
		load(j, i, false);
		return;
	}
	if (i->imm == BPF_STORE_REL) {
		store(j, i);
		return;
	}
	if (size != BPF_W && size != BPF_DW) {
		refuse(j);
		return;
	}
	switch (i->imm) {
#define ATOMIC(name, imm, ...)                                                                     \
	case imm:                                                                                  \
	case (imm) | BPF_FETCH:                                                                    \
		atomic(j, i, ATOMIC_OP_##name, wide);                                              \
		break;
#include "insn/atomic.def"
	case BPF_XCHG: x64_rm(&j->a, X64_XCHG | wide, src(j, i), x64_at(dst(j, i), i->off)); break;
	case BPF_CMPXCHG: compare_exchange(j, i, wide); break;
	default: refuse(j);
	}
}

static void select_store(struct jit *j, const struct bpf_insn *i)
{
	if (insn_is_atomic(i))
		select_atomic(j, i);
	else if (BPF_MODE(i->code) != BPF_MEM)
		refuse(j);
	else if (BPF_CLASS(i->code) == BPF_ST)
		x64_store_imm(&j->a, (u8)access_size(i->code), x64_at(dst(j, i), i->off), i->imm);
	else
		store(j, i);
}

static void function_address(struct jit *j, const struct bpf_insn *i)
{
	const struct func *f = jit_func_at(j, (s64)j->i + i->imm + 1);

	if (f)
		x64_lea_code(&j->a, dst(j, i), f->at);
	else
		refuse(j);
}

static void select_ld(struct jit *j, const struct bpf_insn *i)
{
	bool legacy = BPF_MODE(i->code) == BPF_ABS || BPF_MODE(i->code) == BPF_IND;

	if (insn_is_func_addr(i))
		function_address(j, i);
	else if (insn_is_ld_imm64(i))
		x64_set(&j->a, dst(j, i), insn_imm64(i));
	else if (legacy && BPF_SIZE(i->code) != BPF_DW && j->p->rt->ld_abs)
		emit_legacy_load(j, i);
	else
		refuse(j);
}

/* --- jumps --- */

/* The jump begins here; is it short? */
static bool is_short(struct jit *j)
{
	j->lead[j->i] = (u8)(j->a.len - j->at[j->i]);
	return j->marks[j->i] & MARK_SHORT;
}

static void emit_jump(struct jit *j, s32 by)
{
	u32 to = (u32)((s64)j->i + 1 + by);

	if (by)
		x64_jmp(&j->a, is_short(j), j->at[to]);
}

static void emit_jump_if(struct jit *j, const struct bpf_insn *i, enum x64_cc cc)
{
	u32 to = (u32)((s64)j->i + 1 + i->off);

	x64_jcc(&j->a, cc, is_short(j), j->at[to]);
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

static void select_conditional(struct jit *j, const struct bpf_insn *i)
{
	static const u8 ccs[16] = {
	/* none is 0: no overflow */
#define JMP(name, code, ...) [(code) >> 4] = JCC_##name,
#include "insn/jmp.def"
	};
	u8 cc = ccs[BPF_OP(i->code) >> 4];

	if (!cc) {
		refuse(j);
		return;
	}
	compare(j, i);
	emit_jump_if(j, i, cc);
}

/* Goes on until the run has used up its allowance, then leaves the loop. */
static void may_goto(struct jit *j, const struct bpf_insn *i)
{
	struct x64_mem left = x64_at(R12, offsetof(struct skep_run, loops_left));

	x64_arith_mem_imm(&j->a, ARITH_CMP, 0, left, 0);
	emit_jump_if(j, i, CC_E);
	x64_arith_mem_imm(&j->a, ARITH_SUB, 0, left, 1);
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

bool jit_uses_scratch(const struct jit *j, const struct bpf_insn *i)
{
	u8 class = BPF_CLASS(i->code), op = BPF_OP(i->code);
	bool shifts = op == BPF_LSH || op == BPF_RSH || op == BPF_ARSH;

	if (j->blind_seed)
		return true; /* the register for constants */
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
