/* Constant blinding: what a program chooses as constant does not appear in its native code, so that nobody can
 * plant instructions there. Each such constant becomes a random number, and an exclusive or with another.
 *
 * The instruction with a constant is selected as the one with a register, a twelfth one (JIT_BLIND_REG) that only
 * this uses. Offsets, and shift counts, are left: they have too few bits. */
#include "exec/jit/jit.h"

/* The same numbers in each pass, which has to select the same. xorshift64 */
static u64 next_key(struct jit *j)
{
	u64 x = j->blind_key;

	x ^= x << 13;
	x ^= x >> 7;
	x ^= x << 17;
	return j->blind_key = x;
}

static bool has_constant(const struct bpf_insn *i)
{
	u8 class = BPF_CLASS(i->code), op = BPF_OP(i->code);

	switch (class) {
	case BPF_ALU:
	case BPF_ALU64:
		return BPF_SRC(i->code) == BPF_K && op != BPF_END && op != BPF_NEG &&
		       op != BPF_LSH && op != BPF_RSH && op != BPF_ARSH;
	case BPF_JMP:
	case BPF_JMP32:
		return BPF_SRC(i->code) == BPF_K && op != BPF_JA && op != BPF_CALL &&
		       op != BPF_EXIT && op != BPF_JCOND;
	case BPF_ST: return BPF_MODE(i->code) == BPF_MEM || insn_is_arena_access(i);
	default: return false;
	}
}

static u64 constant_of(const struct bpf_insn *i)
{
	u8 class = BPF_CLASS(i->code);

	return class == BPF_ALU || class == BPF_JMP32 ? (u32)i->imm : (u64)(s64)i->imm;
}

bool jit_blind(struct jit *j, const struct bpf_insn *i)
{
	struct bpf_insn by_reg = *i;
	u64 key;

	if (insn_is_ld_imm64(i) && !i->src_reg) {
		key = next_key(j);
		jit_load_blinded(j, jit_reg(j, i->dst_reg), insn_imm64(i) ^ key, key);
		return true;
	}
	if (!has_constant(i))
		return false;
	key = next_key(j);
	jit_load_blinded(j, jit_reg(j, JIT_BLIND_REG), constant_of(i) ^ key, key);
	by_reg.src_reg = JIT_BLIND_REG;
	by_reg.imm = 0;
	if (BPF_CLASS(i->code) == BPF_ST)
		by_reg.code = (u8)(BPF_STX | (i->code & ~7));
	else
		by_reg.code |= BPF_X;
	jit_select(j, &by_reg);
	return true;
}
