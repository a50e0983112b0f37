/* See insn.h. The checks are one function per instruction class; which operations exist is read
 * from the .def tables, once, into one bit per operation. */
#include "insn/insn.h"

#include <stdio.h>

#include "abi/kernels.h"

static const u16 alu_ops = 0
#define ALU(name, code, ...) | 1u << ((code) >> 4)
#include "insn/alu.def"
	;

static const u16 jmp_ops = 0
#define JMP(name, code, ...) | 1u << ((code) >> 4)
#include "insn/jmp.def"
	;

static bool has_op(u16 ops, u8 code)
{
	return ops >> (BPF_OP(code) >> 4) & 1;
}

static bool known_alu(u8 code)
{
	switch (BPF_OP(code)) {
	case BPF_MOV: return true;
	case BPF_NEG: return BPF_SRC(code) == BPF_K;
	case BPF_END: return BPF_SRC(code) == BPF_K || BPF_CLASS(code) == BPF_ALU;
	default: return has_op(alu_ops, code);
	}
}

static bool known_jmp(u8 code)
{
	switch (BPF_OP(code)) {
	case BPF_JA: return BPF_SRC(code) == BPF_K;
	case BPF_CALL:
	case BPF_EXIT:
	case BPF_JCOND: return BPF_CLASS(code) == BPF_JMP && BPF_SRC(code) == BPF_K;
	default: return has_op(jmp_ops, code);
	}
}

static bool known_ld(u8 code)
{
	switch (BPF_MODE(code)) {
	case BPF_IMM: return BPF_SIZE(code) == BPF_DW;
	case BPF_ABS:
	case BPF_IND: return BPF_SIZE(code) != BPF_DW;
	default: return false;
	}
}

static bool known(u8 code)
{
	switch (BPF_CLASS(code)) {
	case BPF_ALU:
	case BPF_ALU64: return known_alu(code);
	case BPF_JMP:
	case BPF_JMP32: return known_jmp(code);
	case BPF_LD: return known_ld(code);
	case BPF_LDX:
		return BPF_MODE(code) == BPF_MEM ||
		       (BPF_MODE(code) == BPF_MEMSX && BPF_SIZE(code) != BPF_DW);
	case BPF_ST: return BPF_MODE(code) == BPF_MEM;
	default: return BPF_MODE(code) == BPF_MEM || BPF_MODE(code) == BPF_ATOMIC;
	}
}

static const char *say(char *reason, const char *text)
{
	snprintf(reason, INSN_REASON_MAX, "%s", text);
	return reason;
}

static const char *reserved(char *reason, const char *what)
{
	snprintf(reason, INSN_REASON_MAX, "%s uses reserved fields", what);
	return reason;
}

static bool plain_ldx(const struct bpf_insn *i)
{
	return (BPF_MODE(i->code) == BPF_MEM || BPF_MODE(i->code) == BPF_MEMSX) && i->imm == 0;
}

static const char *check_imm64_halves(const struct bpf_insn *i, u32 left, char *reason)
{
	if (left < 2 || i[1].code || i[1].dst_reg || i[1].src_reg || i[1].off)
		return say(reason, "invalid bpf_ld_imm64 insn");
	switch (i->src_reg) {
	case BPF_PSEUDO_MAP_FD:
	case BPF_PSEUDO_MAP_IDX:
		if (i[1].imm == 0)
			return NULL;
		break;
	case 0:
	case BPF_PSEUDO_MAP_VALUE:
	case BPF_PSEUDO_MAP_IDX_VALUE:
	case BPF_PSEUDO_BTF_ID:
	case BPF_PSEUDO_FUNC: return NULL;
	}
	return say(reason, "unrecognized bpf_ld_imm64 insn");
}

const char *insn_check_code(const struct bpf_insn *i, u32 left, char reason[INSN_REASON_MAX])
{
	if (BPF_CLASS(i->code) == BPF_LDX && !plain_ldx(i))
		return reserved(reason, "BPF_LDX");
	if (insn_is_ld_imm64(i))
		return check_imm64_halves(i, left, reason);
	if (known(i->code))
		return NULL;
	snprintf(reason, INSN_REASON_MAX, "unknown opcode %02x", i->code);
	return reason;
}

static bool good_mov(const struct bpf_insn *i)
{
	bool wide = BPF_CLASS(i->code) == BPF_ALU64;

	if (BPF_SRC(i->code) == BPF_K)
		return i->src_reg == 0 && i->off == 0;
	if (i->imm)
		return false;
	return i->off == 0 || i->off == 8 || i->off == 16 || (wide && i->off == 32);
}

static const char *check_mov(const struct bpf_insn *i, char *reason)
{
	bool cast = i->code == (BPF_ALU64 | BPF_MOV | BPF_X) && i->off == BPF_ADDR_SPACE_CAST;

	if (!cast)
		return good_mov(i) ? NULL : reserved(reason, "BPF_MOV");
	if (i->imm == 1 || i->imm == 1 << 16)
		return NULL;
	return say(reason, "addr_space_cast insn can only convert between address space 1 and 0");
}

static bool good_end(const struct bpf_insn *i)
{
	return i->src_reg == 0 && i->off == 0 && (i->imm == 16 || i->imm == 32 || i->imm == 64);
}

static bool good_binary(const struct bpf_insn *i)
{
	bool may_be_signed = BPF_OP(i->code) == BPF_DIV || BPF_OP(i->code) == BPF_MOD;

	if (i->off != 0 && !(may_be_signed && i->off == 1))
		return false;
	return BPF_SRC(i->code) == BPF_X ? i->imm == 0 : i->src_reg == 0;
}

static const char *check_alu(const struct bpf_insn *i, char *reason)
{
	switch (BPF_OP(i->code)) {
	case BPF_MOV: return check_mov(i, reason);
	case BPF_END: return good_end(i) ? NULL : reserved(reason, "BPF_END");
	case BPF_NEG: return i->src_reg || i->off || i->imm ? reserved(reason, "BPF_NEG") : NULL;
	default: return good_binary(i) ? NULL : reserved(reason, "BPF_ALU");
	}
}

static const char *check_jcond(const struct bpf_insn *i, char *reason)
{
	if (i->dst_reg == 0 && i->src_reg == BPF_MAY_GOTO && i->imm == 0)
		return NULL;
	snprintf(reason, INSN_REASON_MAX, "invalid may_goto imm %d", i->imm);
	return reason;
}

static bool good_call(const struct bpf_insn *i)
{
	/* off of a kernel function's call is an index of module BTF. */
	return i->dst_reg == 0 && i->src_reg <= BPF_PSEUDO_KFUNC_CALL &&
	       (i->off == 0 || i->src_reg == BPF_PSEUDO_KFUNC_CALL);
}

static const char *check_jmp(const struct bpf_insn *i, char *reason)
{
	bool regs = i->dst_reg || i->src_reg;
	s32 unused =
		BPF_CLASS(i->code) == BPF_JMP ? i->imm : i->off; /* the offset that JA ignores */

	switch (BPF_OP(i->code)) {
	case BPF_JA: return regs || unused ? reserved(reason, "BPF_JA") : NULL;
	case BPF_CALL: return good_call(i) ? NULL : reserved(reason, "BPF_CALL");
	case BPF_EXIT: return regs || i->imm ? reserved(reason, "BPF_EXIT") : NULL; /* off may be */
	case BPF_JCOND: return check_jcond(i, reason);
	default:
		if (BPF_SRC(i->code) == BPF_X ? i->imm : i->src_reg)
			return reserved(reason, "BPF_JMP/JMP32");
		return NULL;
	}
}

static const char *check_atomic(const struct bpf_insn *i, char *reason)
{
	bool narrow = BPF_SIZE(i->code) == BPF_B || BPF_SIZE(i->code) == BPF_H;

	if (!insn_is_known_atomic(i)) {
		snprintf(reason, INSN_REASON_MAX, "BPF_ATOMIC uses invalid atomic opcode %02x",
			 (u32)i->imm);
		return reason;
	}
	if (narrow && i->imm != BPF_LOAD_ACQ && i->imm != BPF_STORE_REL)
		return say(reason, "invalid atomic operand size");
	return NULL;
}

static const char *check_ld(const struct bpf_insn *i, char *reason)
{
	if (BPF_MODE(i->code) == BPF_IMM)
		return i->off ? reserved(reason, "BPF_LD_IMM64") : NULL;
	if (i->dst_reg || i->off || (BPF_MODE(i->code) == BPF_ABS && i->src_reg))
		return reserved(reason, "BPF_LD_[ABS|IND]");
	return NULL;
}

const char *insn_check_fields(const struct bpf_insn *i, char reason[INSN_REASON_MAX])
{
	switch (BPF_CLASS(i->code)) {
	case BPF_ALU:
	case BPF_ALU64: return check_alu(i, reason);
	case BPF_JMP:
	case BPF_JMP32: return check_jmp(i, reason);
	case BPF_LD: return check_ld(i, reason);
	case BPF_LDX: return NULL;
	case BPF_ST: return i->src_reg ? reserved(reason, "BPF_ST") : NULL;
	default:
		if (insn_is_atomic(i))
			return check_atomic(i, reason);
		return i->imm ? reserved(reason, "BPF_STX") : NULL;
	}
}

static bool is_alu_constant(const struct bpf_insn *i)
{
	u8 class = BPF_CLASS(i->code);

	return (class == BPF_ALU || class == BPF_ALU64) && BPF_SRC(i->code) == BPF_K;
}

const char *insn_check_operand(const struct bpf_insn *i, char reason[INSN_REASON_MAX])
{
	s32 bits = BPF_CLASS(i->code) == BPF_ALU64 ? 64 : 32;

	if (!is_alu_constant(i))
		return NULL;
	switch (BPF_OP(i->code)) {
	case BPF_DIV:
	case BPF_MOD: return i->imm ? NULL : say(reason, "div by zero");
	case BPF_LSH:
	case BPF_RSH:
	case BPF_ARSH:
		if (i->imm >= 0 && i->imm < bits)
			return NULL;
		snprintf(reason, INSN_REASON_MAX, "invalid shift %d", i->imm);
		return reason;
	default: return NULL;
	}
}

#define R(n) (1u << (n))
#define ARGS (R(1) | R(2) | R(3) | R(4) | R(5))

u32 insn_writes(const struct bpf_insn *i)
{
	switch (BPF_CLASS(i->code)) {
	case BPF_ALU:
	case BPF_ALU64:
	case BPF_LDX: return R(i->dst_reg);
	case BPF_LD: return insn_is_legacy_load(i) ? R(0) | ARGS : R(i->dst_reg);
	case BPF_STX:
		if (!insn_is_atomic(i) || i->imm == BPF_STORE_REL)
			return 0;
		if (i->imm == BPF_LOAD_ACQ)
			return R(i->dst_reg);
		return i->imm == BPF_CMPXCHG ? R(0) : i->imm & BPF_FETCH ? R(i->src_reg) : 0;
	case BPF_JMP: return insn_is_call(i) ? R(0) | ARGS : 0;
	default: return 0;
	}
}

/* Meanings that older versions knew nothing of: of fields that were reserved, else of opcodes. */
static const char *new_field(const struct bpf_insn *i, u32 kernel)
{
	u8 class = BPF_CLASS(i->code);
	bool v4 = kernel_has(kernel, FEATURE_CPU_V4);

	if (i->code == (BPF_ALU64 | BPF_MOV | BPF_X) && i->off == BPF_ADDR_SPACE_CAST)
		return kernel_has(kernel, FEATURE_ADDR_SPACE_CAST) ? NULL : "BPF_MOV";
	if ((class == BPF_ALU || class == BPF_ALU64) && i->off && !v4)
		return BPF_OP(i->code) == BPF_MOV ? "BPF_MOV" : "BPF_ALU";
	return class == BPF_LDX && BPF_MODE(i->code) == BPF_MEMSX && !v4 ? "BPF_LDX" : NULL;
}

const char *insn_check_version(const struct bpf_insn *i, u32 kernel, char reason[INSN_REASON_MAX])
{
	const char *field = new_field(i, kernel);
	bool v4 = i->code == (BPF_ALU64 | BPF_END) || i->code == (BPF_JMP32 | BPF_JA);
	bool ordered = insn_is_atomic(i) && (i->imm == BPF_LOAD_ACQ || i->imm == BPF_STORE_REL);

	if (field)
		return reserved(reason, field);
	if (ordered && !kernel_has(kernel, FEATURE_LOAD_ACQUIRE)) {
		snprintf(reason, INSN_REASON_MAX, "BPF_ATOMIC uses invalid atomic opcode %02x",
			 i->imm);
		return reason;
	}
	if ((v4 && !kernel_has(kernel, FEATURE_CPU_V4)) ||
	    (i->code == (BPF_JMP | BPF_JCOND) && !kernel_has(kernel, FEATURE_MAY_GOTO))) {
		snprintf(reason, INSN_REASON_MAX, "unknown opcode %02x", i->code);
		return reason;
	}
	return NULL;
}
