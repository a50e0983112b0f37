/* Statements: what one instruction is in C. Expressions are those of src/insn's tables. */
#include "aot/emit.h"
#include "base/err.h"
#include "insn/disasm.h"

int emit_refuse(const struct emit *e, u32 n)
{
	const struct bpf_insn *i = &e->p->insns[n];

	return fail(-EINVAL, "%s: insn %u (code %02x off %d imm %d) has no equivalent in C",
		    e->p->name, n, i->code, i->off, i->imm);
}

/* --- operands --- */

static void put_operand(struct emit *e, const struct bpf_insn *i)
{
	if (BPF_SRC(i->code) == BPF_X)
		PUT(e, "r%u", i->src_reg);
	else if (is_wide(i))
		PUT(e, "%#llxull", (unsigned long long)(s64)i->imm);
	else
		PUT(e, "%#xu", (u32)i->imm);
}

const char *emit_type_of(u8 code)
{
	static const char *const types[4] = { "32", "16", "8", "64" }; /* W, H, B, DW */

	return types[BPF_SIZE(code) >> 3];
}

/* --- arithmetic --- */

static const char *const alu_text[16] = {
#define ALU(name, code, text, value) [(code) >> 4] = TEXT(value),
#include "insn/alu.def"
};
static const char *const alu_signed_text[16] = {
#define ALU(...)
#define ALU_SIGNED(name, code, text, value) [(code) >> 4] = TEXT(value),
#include "insn/alu.def"
};
static const char *const jmp_text[16] = {
#define JMP(name, code, text, condition) [(code) >> 4] = TEXT(condition),
#include "insn/jmp.def"
};

static int emit_mov(struct emit *e, const struct bpf_insn *i, u32 n)
{
	const char *wide = is_wide(i) ? "" : "(u32)";

	if (i->off && (BPF_SRC(i->code) != BPF_X || (i->off != 8 && i->off != 16 && i->off != 32)))
		return emit_refuse(e, n);
	PUT(e, "r%u = %s", i->dst_reg, wide);
	if (i->off)
		PUT(e, "(s%d)", i->off);
	put_operand(e, i);
	PUT(e, ";\n");
	return 0;
}

/* RFC 9669, section 4.2; the machine is little-endian. */
static int emit_end(struct emit *e, const struct bpf_insn *i, u32 n)
{
	bool swap = BPF_CLASS(i->code) == BPF_ALU64 || BPF_SRC(i->code) == BPF_TO_BE;

	if (i->imm != 16 && i->imm != 32 && i->imm != 64)
		return emit_refuse(e, n);
	if (swap)
		PUT(e, "r%u = __builtin_bswap%d((u%d)r%u);\n", i->dst_reg, i->imm, i->imm,
		    i->dst_reg);
	else
		PUT(e, "r%u = (u%d)r%u;\n", i->dst_reg, i->imm, i->dst_reg);
	return 0;
}

static int emit_alu(struct emit *e, const struct bpf_insn *i, u32 n)
{
	u8 op = BPF_OP(i->code);
	const char *text = i->off == 1 && alu_signed_text[op >> 4] ? alu_signed_text[op >> 4]
								   : alu_text[op >> 4];

	if (insn_is_cast(i)) {
		emit_cast_user(e, i);
		return 0;
	}
	if (op == BPF_MOV)
		return emit_mov(e, i, n);
	if (op == BPF_END)
		return emit_end(e, i, n);
	if (op == BPF_NEG) {
		PUT(e, "r%u = %s(0 - r%u);\n", i->dst_reg, is_wide(i) ? "" : "(u32)", i->dst_reg);
		return 0;
	}
	if (!text || (i->off && i->off != 1))
		return emit_refuse(e, n);
	PUT(e, "r%u = ALU%u(r%u, ", i->dst_reg, is_wide(i) ? 64 : 32, i->dst_reg);
	put_operand(e, i);
	PUT(e, ", %s);\n", text);
	return 0;
}

/* --- memory --- */

static const char *access_by(const struct emit *e)
{
	return e->by_index ? "INDEX" : "AT";
}

static int emit_load(struct emit *e, const struct bpf_insn *i, u32 n)
{
	u8 mode = BPF_MODE(i->code);

	if (mode != BPF_MEM && mode != BPF_MEMSX)
		return emit_refuse(e, n);
	PUT(e, "r%u = (%s)%s(%c%s, r%u %+d);\n", i->dst_reg, mode == BPF_MEM ? "u64" : "s64",
	    access_by(e), mode == BPF_MEM ? 'u' : 's', emit_type_of(i->code), i->src_reg, i->off);
	return 0;
}

static int emit_atomic(struct emit *e, const struct bpf_insn *i, u32 n)
{
	static const char *const names[] = { "add", "or", "and", "xor" };
	static const u8 ops[] = { BPF_ADD, BPF_OR, BPF_AND, BPF_XOR };
	const char *t = emit_type_of(i->code);

	switch (i->imm) {
	case BPF_LOAD_ACQ:
		PUT(e, "r%u = __atomic_load_n(ATOMIC(u%s, r%u %+d), __ATOMIC_ACQUIRE);\n",
		    i->dst_reg, t, i->src_reg, i->off);
		return 0;
	case BPF_STORE_REL:
		PUT(e, "__atomic_store_n(ATOMIC(u%s, r%u %+d), (u%s)r%u, __ATOMIC_RELEASE);\n", t,
		    i->dst_reg, i->off, t, i->src_reg);
		return 0;
	case BPF_XCHG:
		PUT(e,
		    "r%u = __atomic_exchange_n(ATOMIC(u%s, r%u %+d), (u%s)r%u, "
		    "__ATOMIC_SEQ_CST);\n",
		    i->src_reg, t, i->dst_reg, i->off, t, i->src_reg);
		return 0;
	case BPF_CMPXCHG:
		PUT(e, "r0 = EXCHANGE_IF(u%s, r%u %+d, r0, r%u);\n", t, i->dst_reg, i->off,
		    i->src_reg);
		return 0;
	}
	for (u32 k = 0; k < ARRAY_SIZE(ops); k++) {
		if ((i->imm & ~BPF_FETCH) != ops[k])
			continue;
		if (i->imm & BPF_FETCH)
			PUT(e, "r%u = ", i->src_reg);
		PUT(e, "__atomic_fetch_%s(ATOMIC(u%s, r%u %+d), (u%s)r%u, __ATOMIC_%s);\n",
		    names[k], t, i->dst_reg, i->off, t, i->src_reg,
		    i->imm & BPF_FETCH ? "SEQ_CST" : "RELAXED");
		return 0;
	}
	return emit_refuse(e, n);
}

static int emit_store(struct emit *e, const struct bpf_insn *i, u32 n)
{
	if (insn_is_atomic(i))
		return emit_atomic(e, i, n);
	if (BPF_MODE(i->code) != BPF_MEM)
		return emit_refuse(e, n);
	PUT(e, "%s(u%s, r%u %+d) = (u%s)", access_by(e), emit_type_of(i->code), i->dst_reg, i->off,
	    emit_type_of(i->code));
	if (BPF_CLASS(i->code) == BPF_STX)
		PUT(e, "r%u;\n", i->src_reg);
	else
		PUT(e, "%#llxull;\n", (unsigned long long)(s64)i->imm);
	return 0;
}

/* --- jumps --- */

static void put_goto(struct emit *e, const struct bpf_insn *i, u32 n)
{
	if (e->thread_of[n])
		PUT(e, "goto T%u;\n", e->thread_of[n] - 1);
	else
		PUT(e, "goto L%lld;\n", (long long)target(i, n));
}

static int emit_jmp(struct emit *e, const struct bpf_insn *i, u32 n)
{
	u8 op = BPF_OP(i->code);

	if (op == BPF_CALL)
		return emit_call(e, i, n);
	if (op == BPF_EXIT) {
		PUT(e, "return r0;\n");
		return 0;
	}
	if (op == BPF_JA) {
		put_goto(e, i, n);
		return 0;
	}
	if (op == BPF_JCOND && i->src_reg == BPF_MAY_GOTO) {
		PUT(e, "MAY_GOTO(L%lld);\n", (long long)target(i, n));
		return 0;
	}
	if (insn_is_cpu(i)) {
		PUT(e, "r0 = CPU;\n");
		return 0;
	}
	if (insn_is_unwind(i)) {
		if (i->imm == UNWIND_THROW)
			PUT(e, "THROWN = 1;\n");
		else
			PUT(e, "%s(L%lld);\n", i->imm == UNWIND_PASS ? "PASS" : "CATCH",
			    (long long)target(i, n));
		return 0;
	}
	if (!jmp_text[op >> 4])
		return emit_refuse(e, n);
	PUT(e, "IF%u(r%u, ", is_wide(i) ? 64 : 32, i->dst_reg);
	put_operand(e, i);
	PUT(e, ", %s) ", jmp_text[op >> 4]);
	put_goto(e, i, n);
	return 0;
}

int emit_insn(struct emit *e, u32 n)
{
	const struct bpf_insn *i = &e->p->insns[n];

	if (e->falls_into[n])
		PUT(e, "\tgoto T%u;\n", e->falls_into[n] - 1);
	if (e->is_target[n])
		PUT(e, "L%u:;\n", n);
	PUT(e, "\t// %u: ", n);
	disasm(e->out, i, NULL);
	PUT(e, "\n");
	return emit_statement(e, n);
}

int emit_statement(struct emit *e, u32 n)
{
	const struct bpf_insn *i = &e->p->insns[n];

	PUT(e, "\t");
	if (insn_is_guarded(i))
		return emit_guarded_access(e, i, n);
	switch (BPF_CLASS(i->code)) {
	case BPF_ALU:
	case BPF_ALU64: return emit_alu(e, i, n);
	case BPF_LD: return emit_ld(e, i, n);
	case BPF_LDX: return emit_load(e, i, n);
	case BPF_ST:
	case BPF_STX: return emit_store(e, i, n);
	default: return emit_jmp(e, i, n);
	}
}
