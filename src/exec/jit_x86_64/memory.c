/* Loads, stores and atomic operations. */
#include "exec/jit_x86_64/jit.h"

/* Sizes in the order of their code: W, H, B, DW. */
u32 x64_load_op(u8 code)
{
	static const u32 ops[4] = { X64_MOV, X64_MOVZX16, X64_MOVZX8, X64_MOV | X64_W };

	return ops[BPF_SIZE(code) >> 3];
}

void emit_load(struct jit *j, const struct bpf_insn *i, bool extend_sign)
{
	static const u32 sign[4] = { X64_MOVSX32, X64_MOVSX16, X64_MOVSX8 };
	u32 op = extend_sign ? sign[BPF_SIZE(i->code) >> 3] : x64_load_op(i->code);

	u32 from = j->a.len;

	x64_rm(&j->a, op, dst(j, i), x64_at(src(j, i), i->off));
	x64_flags_stay(j, from, dst(j, i));
}

void emit_store(struct jit *j, const struct bpf_insn *i)
{
	static const u32 ops[4] = { X64_STORE, X64_STORE | X64_66, X64_STORE8, X64_STORE | X64_W };

	u32 from = j->a.len;

	x64_rm(&j->a, ops[BPF_SIZE(i->code) >> 3], src(j, i), x64_at(dst(j, i), i->off));
	x64_flags_stay(j, from, NO_INDEX);
}

static u32 access_width(const struct bpf_insn *i)
{
	return BPF_SIZE(i->code) == BPF_DW ? X64_W : 0;
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

static void atomic(struct jit *j, const struct bpf_insn *i, u32 op)
{
	u32 wide = access_width(i);
	struct x64_mem m = x64_at(dst(j, i), i->off);

	if (!(i->imm & BPF_FETCH))
		x64_rm(&j->a, op | X64_LOCK | wide, src(j, i), m);
	else if (op == X64_ADD)
		x64_rm(&j->a, X64_XADD | X64_LOCK | wide, src(j, i), m);
	else
		atomic_loop(j, i, op, wide);
}

void emit_compare_exchange(struct jit *j, const struct bpf_insn *i)
{
	u32 wide = access_width(i);

	x64_rm(&j->a, X64_CMPXCHG | X64_LOCK | wide, src(j, i), x64_at(dst(j, i), i->off));
	if (!wide)
		x64_rr(&j->a, X64_MOV, RAX, RAX); /* when equal, rax was not written */
}

void emit_atomic_add(struct jit *j, const struct bpf_insn *i)
{
	atomic(j, i, X64_ADD);
}

void emit_atomic_or(struct jit *j, const struct bpf_insn *i)
{
	atomic(j, i, X64_OR);
}

void emit_atomic_and(struct jit *j, const struct bpf_insn *i)
{
	atomic(j, i, X64_AND);
}

void emit_atomic_xor(struct jit *j, const struct bpf_insn *i)
{
	atomic(j, i, X64_XOR);
}

void emit_exchange(struct jit *j, const struct bpf_insn *i)
{
	x64_rm(&j->a, X64_XCHG | access_width(i), src(j, i), x64_at(dst(j, i), i->off));
}

/* This machine's loads acquire and its stores release. */
void emit_load_acquire(struct jit *j, const struct bpf_insn *i)
{
	emit_load(j, i, false);
}

void emit_store_release(struct jit *j, const struct bpf_insn *i)
{
	emit_store(j, i);
}

void emit_store_imm(struct jit *j, const struct bpf_insn *i)
{
	x64_store_imm(&j->a, (u8)access_size(i->code), x64_at(dst(j, i), i->off), i->imm);
}
