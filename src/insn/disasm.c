/* See disasm.h. One function per instruction class; operators come from the .def tables.
 *
 * What the kernel prints for instructions it is about to refuse is part of the log, so malformed
 * ones have their text too ("BUG_db", "le0", a missing operator as "(null)"). */
#include "insn/disasm.h"

#include <stdio.h>

static const char *const alu_text[16] = {
#define ALU(name, code, text, ...) [(code) >> 4] = text,
#include "insn/alu.def"
};

static const char *const alu_signed_text[16] = {
#define ALU(...)
#define ALU_SIGNED(name, code, text, ...) [(code) >> 4] = text,
#include "insn/alu.def"
};

static const char *const jmp_text[16] = {
#define JMP(name, code, text, ...) [(code) >> 4] = text,
#include "insn/jmp.def"
};

struct atomic_text {
	const char *op, *name; /* "+=", "add" */
};
static const struct atomic_text atomic_texts[16] = {
#define ATOMIC(name, imm, text, ...) [(imm) >> 4] = { text, #name },
#include "insn/atomic.def"
};

static const char *const helper_names[] = {
#define FN(id, name) [id] = "bpf_" #name,
#include "insn/helper_names.def"
};

const char *helper_name(u32 id)
{
	return id < ARRAY_SIZE(helper_names) ? helper_names[id] : NULL;
}

static const char *type_text(const struct bpf_insn *i) /* of the memory accessed */
{
	bool sx = BPF_CLASS(i->code) == BPF_LDX && BPF_MODE(i->code) == BPF_MEMSX;

	switch (access_size(i->code)) {
	case 1: return sx ? "s8" : "u8";
	case 2: return sx ? "s16" : "u16";
	case 4: return sx ? "s32" : "u32";
	default: return sx ? "s64" : "u64";
	}
}

/* The form for what has no meaning. Nothing has been printed for this instruction before. */
static void bug(struct buf *out, const struct bpf_insn *i)
{
	buf_printf(out, "BUG_%02x", i->code);
}

static void end(struct buf *out, const struct bpf_insn *i)
{
	bool swap = BPF_CLASS(i->code) == BPF_ALU64;
	const char *order = BPF_SRC(i->code) == BPF_TO_BE ? "be" : "le";

	buf_printf(out, "r%d = %s%d r%d", i->dst_reg, swap ? "bswap" : order, i->imm, i->dst_reg);
}

/* MOV between registers, where off chooses a sign extension or an address space cast. */
static void mov_reg(struct buf *out, const struct bpf_insn *i)
{
	bool wide = BPF_CLASS(i->code) == BPF_ALU64;
	char r = wide ? 'r' : 'w';

	if (wide && i->off == BPF_ADDR_SPACE_CAST)
		buf_printf(out, "r%d = addr_space_cast(r%d, %u, %u)", i->dst_reg, i->src_reg,
			   (u32)i->imm >> 16, (u32)i->imm & 0xffff);
	else if (wide && i->off == -1) /* the kernel's own: address of this CPU's copy */
		buf_printf(out, "r%d = &(void __percpu *)(r%d)", i->dst_reg, i->src_reg);
	else if (i->off == 8 || i->off == 16 || i->off == 32)
		buf_printf(out, "%c%d = (s%d)%c%d", r, i->dst_reg, i->off, r, i->src_reg);
	else
		buf_printf(out, "%c%d = %c%d", r, i->dst_reg, r, i->src_reg);
}

static const char *alu_operator(const struct bpf_insn *i)
{
	u32 op = BPF_OP(i->code) >> 4;
	const char *text = i->off == 1 && alu_signed_text[op] ? alu_signed_text[op] : alu_text[op];

	return BPF_OP(i->code) == BPF_MOV ? "=" : text;
}

static void alu(struct buf *out, const struct bpf_insn *i)
{
	char r = BPF_CLASS(i->code) == BPF_ALU64 ? 'r' : 'w';
	const char *op = alu_operator(i);

	if (BPF_OP(i->code) == BPF_END)
		end(out, i);
	else if (BPF_OP(i->code) == BPF_NEG)
		buf_printf(out, "%c%d = -%c%d", r, i->dst_reg, r, i->dst_reg);
	else if (!op)
		bug(out, i);
	else if (i->code == (BPF_ALU64 | BPF_MOV | BPF_X) || i->code == (BPF_ALU | BPF_MOV | BPF_X))
		mov_reg(out, i);
	else if (BPF_SRC(i->code) == BPF_X)
		buf_printf(out, "%c%d %s %c%d", r, i->dst_reg, op, r, i->src_reg);
	else
		buf_printf(out, "%c%d %s %d", r, i->dst_reg, op, i->imm);
}

static void atomic_fetch(struct buf *out, const struct bpf_insn *i, const char *name)
{
	buf_printf(out, "r%d = atomic%s_%s((%s *)(r%d %+d), r%d)", i->src_reg,
		   BPF_SIZE(i->code) == BPF_DW ? "64" : "", name, type_text(i), i->dst_reg, i->off,
		   i->src_reg);
}

static void atomic_cmpxchg(struct buf *out, const struct bpf_insn *i)
{
	buf_printf(out, "r0 = atomic%s_cmpxchg((%s *)(r%d %+d), r0, r%d)",
		   BPF_SIZE(i->code) == BPF_DW ? "64" : "", type_text(i), i->dst_reg, i->off,
		   i->src_reg);
}

static void atomic_arithmetic(struct buf *out, const struct bpf_insn *i)
{
	const struct atomic_text *t = &atomic_texts[(i->imm & 0xf0) >> 4];
	char name[16];

	if (!(i->imm & BPF_FETCH)) {
		buf_printf(out, "lock *(%s *)(r%d %+d) %s r%d", type_text(i), i->dst_reg, i->off,
			   t->op, i->src_reg);
		return;
	}
	snprintf(name, sizeof(name), "fetch_%s", t->name);
	atomic_fetch(out, i, name);
}

static void atomic(struct buf *out, const struct bpf_insn *i)
{
	if (insn_is_atomic_arithmetic(i))
		atomic_arithmetic(out, i);
	else if (i->imm == BPF_XCHG)
		atomic_fetch(out, i, "xchg");
	else if (i->imm == BPF_CMPXCHG)
		atomic_cmpxchg(out, i);
	else if (i->imm == BPF_LOAD_ACQ)
		buf_printf(out, "r%d = load_acquire((%s *)(r%d %+d))", i->dst_reg, type_text(i),
			   i->src_reg, i->off);
	else if (i->imm == BPF_STORE_REL)
		buf_printf(out, "store_release((%s *)(r%d %+d), r%d)", type_text(i), i->dst_reg,
			   i->off, i->src_reg);
	else
		bug(out, i);
}

static void stx(struct buf *out, const struct bpf_insn *i)
{
	if (BPF_MODE(i->code) == BPF_MEM)
		buf_printf(out, "*(%s *)(r%d %+d) = r%d", type_text(i), i->dst_reg, i->off,
			   i->src_reg);
	else if (BPF_MODE(i->code) == BPF_ATOMIC)
		atomic(out, i);
	else
		bug(out, i);
}

static void st(struct buf *out, const struct bpf_insn *i)
{
	if (BPF_MODE(i->code) == BPF_MEM)
		buf_printf(out, "*(%s *)(r%d %+d) = %d", type_text(i), i->dst_reg, i->off, i->imm);
	else
		bug(out, i);
}

static void ldx(struct buf *out, const struct bpf_insn *i)
{
	if (BPF_MODE(i->code) == BPF_MEM || BPF_MODE(i->code) == BPF_MEMSX)
		buf_printf(out, "r%d = *(%s *)(r%d %+d)", i->dst_reg, type_text(i), i->src_reg,
			   i->off);
	else
		bug(out, i);
}

static void ld_imm64(struct buf *out, const struct bpf_insn *i, const struct disasm_names *names)
{
	u64 imm = insn_imm64(i);
	const char *text = names && names->imm64 ? names->imm64(names->arg, i, imm) : NULL;

	buf_printf(out, "r%d = ", i->dst_reg);
	if (text)
		buf_puts(out, text);
	else
		buf_printf(out, "0x%llx", (unsigned long long)imm);
}

static void ld(struct buf *out, const struct bpf_insn *i, const struct disasm_names *names)
{
	if (BPF_MODE(i->code) == BPF_ABS)
		buf_printf(out, "r0 = *(%s *)skb[%d]", type_text(i), i->imm);
	else if (BPF_MODE(i->code) == BPF_IND)
		buf_printf(out, "r0 = *(%s *)skb[r%d + %d]", type_text(i), i->src_reg, i->imm);
	else if (insn_is_ld_imm64(i))
		ld_imm64(out, i, names);
	else
		bug(out, i);
}

static void call(struct buf *out, const struct bpf_insn *i, const struct disasm_names *names)
{
	const char *text = names && names->call ? names->call(names->arg, i) : NULL;

	if (text)
		buf_printf(out, "call %s", text);
	else if (i->src_reg == BPF_PSEUDO_CALL)
		buf_printf(out, "call pc%+d", i->imm);
	else if (i->src_reg == 0 && helper_name((u32)i->imm))
		buf_printf(out, "call %s#%d", helper_name((u32)i->imm), i->imm);
	else
		buf_printf(out, "call unknown#%d", i->imm);
}

static void conditional_jump(struct buf *out, const struct bpf_insn *i)
{
	char r = BPF_CLASS(i->code) == BPF_JMP ? 'r' : 'w';
	const char *op = jmp_text[BPF_OP(i->code) >> 4];

	buf_printf(out, "if %c%d %s ", r, i->dst_reg, op ? op : "(null)");
	if (BPF_SRC(i->code) == BPF_X)
		buf_printf(out, "%c%d goto pc%+d", r, i->src_reg, i->off);
	else
		buf_printf(out, "0x%x goto pc%+d", (u32)i->imm, i->off);
}

static void jmp(struct buf *out, const struct bpf_insn *i, const struct disasm_names *names)
{
	if (insn_is_call(i))
		call(out, i, names);
	else if (i->code == (BPF_JMP | BPF_JA))
		buf_printf(out, "goto pc%+d", i->off);
	else if (i->code == (BPF_JMP32 | BPF_JA))
		buf_printf(out, "gotol pc%+d", i->imm);
	else if (i->code == (BPF_JMP | BPF_JCOND) && i->src_reg == BPF_MAY_GOTO)
		buf_printf(out, "may_goto pc%+d", i->off);
	else if (insn_is_cpu(i))
		buf_puts(out, "r0 = cpu");
	else if (insn_is_unwind(i))
		buf_printf(out, "%s pc%+d",
			   i->imm == UNWIND_THROW  ? "throw"
			   : i->imm == UNWIND_PASS ? "if !thrown goto"
						   : "catch or goto",
			   i->off);
	else if (i->code == (BPF_JMP | BPF_EXIT))
		buf_puts(out, "exit");
	else
		conditional_jump(out, i);
}

static bool is_bug(const struct bpf_insn *i) /* such text goes without the "(%02x) " in front */
{
	return BPF_CLASS(i->code) == BPF_STX && insn_is_atomic(i) && !insn_is_known_atomic(i);
}

void disasm(struct buf *out, const struct bpf_insn *i, const struct disasm_names *names)
{
	if (!is_bug(i))
		buf_printf(out, "(%02x) ", i->code);
	switch (BPF_CLASS(i->code)) {
	case BPF_ALU:
	case BPF_ALU64: alu(out, i); break;
	case BPF_STX: stx(out, i); break;
	case BPF_ST: st(out, i); break;
	case BPF_LDX: ldx(out, i); break;
	case BPF_LD: ld(out, i, names); break;
	default: jmp(out, i, names);
	}
}
