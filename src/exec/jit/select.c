/* Which of the machine's emitters an instruction goes to; what no verified program holds is refused here, for all
 * machines. */
#include "exec/jit/emit.h"

#define MAX_INLINE 12 /* instructions: what a call costs, about */

static void refuse(struct jit *j)
{
	j->err = jit_refuse(j);
}

/* --- arithmetic --- */

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

static bool is_known_move(const struct bpf_insn *i)
{
	bool wide = BPF_CLASS(i->code) == BPF_ALU64;

	return !i->off ||
	       (insn_by_reg(i) && (i->off == 8 || i->off == 16 || (i->off == 32 && wide)));
}

/* RFC 9669, section 4.2. */
static bool is_known_swap(const struct bpf_insn *i)
{
	bool wide = BPF_CLASS(i->code) == BPF_ALU64;

	return !i->off && (i->imm == 16 || i->imm == 32 || i->imm == 64) &&
	       !(wide && BPF_SRC(i->code) == BPF_TO_BE);
}

static emit_fn *alu_emitter(const struct bpf_insn *i)
{
	u8 op = BPF_OP(i->code);
	emit_fn *emit = i->off == 1 ? alu_signed_emitters[op >> 4] : alu_emitters[op >> 4];

	switch (op) {
	case BPF_MOV: return is_known_move(i) ? emit_mov : NULL;
	case BPF_END: return is_known_swap(i) ? emit_end : NULL;
	case BPF_NEG: return i->off || insn_by_reg(i) ? NULL : emit_neg;
	default: return i->off && i->off != 1 ? NULL : emit;
	}
}

static void select_alu(struct jit *j, const struct bpf_insn *i)
{
	emit_fn *emit = alu_emitter(i);

	if (emit)
		emit(j, i);
	else
		refuse(j);
}

/* --- memory --- */

static void select_ldx(struct jit *j, const struct bpf_insn *i)
{
	bool extend_sign = BPF_MODE(i->code) == BPF_MEMSX;

	if (BPF_MODE(i->code) != BPF_MEM && (!extend_sign || BPF_SIZE(i->code) == BPF_DW))
		refuse(j);
	else
		emit_load(j, i, extend_sign);
}

static void select_atomic(struct jit *j, const struct bpf_insn *i)
{
	bool has_size = BPF_SIZE(i->code) == BPF_W || BPF_SIZE(i->code) == BPF_DW;
	emit_fn *emit = NULL;

	switch (i->imm) {
#define ATOMIC(name, imm, ...)                                                                     \
	case imm:                                                                                  \
	case (imm) | BPF_FETCH:                                                                    \
		emit = has_size ? emit_atomic_##name : NULL;                                       \
		break;
#include "insn/atomic.def"
	case BPF_XCHG: emit = has_size ? emit_exchange : NULL; break;
	case BPF_CMPXCHG: emit = has_size ? emit_compare_exchange : NULL; break;
	case BPF_LOAD_ACQ: emit = emit_load_acquire; break;
	case BPF_STORE_REL: emit = emit_store_release; break;
	}
	if (emit)
		emit(j, i);
	else
		refuse(j);
}

static void select_store(struct jit *j, const struct bpf_insn *i)
{
	if (insn_is_atomic(i))
		select_atomic(j, i);
	else if (BPF_MODE(i->code) != BPF_MEM)
		refuse(j);
	else if (BPF_CLASS(i->code) == BPF_ST)
		emit_store_imm(j, i);
	else
		emit_store(j, i);
}

static void function_address(struct jit *j, const struct bpf_insn *i)
{
	const struct func *f = jit_func_at(j, (s64)j->i + i->imm + 1);

	if (f)
		emit_code_address(j, jit_reg(j, i->dst_reg), f->at);
	else
		refuse(j);
}

static void select_ld(struct jit *j, const struct bpf_insn *i)
{
	bool legacy = BPF_MODE(i->code) == BPF_ABS || BPF_MODE(i->code) == BPF_IND;

	if (insn_is_func_addr(i))
		function_address(j, i);
	else if (insn_is_ld_imm64(i))
		emit_set(j, jit_reg(j, i->dst_reg), insn_imm64(i));
	else if (legacy && BPF_SIZE(i->code) != BPF_DW && j->p->rt->ld_abs)
		emit_legacy_load(j, i);
	else
		refuse(j);
}

/* --- jumps and calls --- */

static void call_func(struct jit *j, const struct bpf_insn *i)
{
	struct func *f = jit_func_at(j, (s64)j->i + i->imm + 1);

	if (!f)
		refuse(j);
	else if (jit_is_straight(j, f, MAX_INLINE))
		jit_select_inline(j, f);
	else
		emit_call_func(j, f);
}

static void call_helper(struct jit *j, const struct bpf_insn *i)
{
	skep_helper_fn fn = runtime_call_target(j->p->rt, i);

	if (insn_is_helper_call(i) && jit_known_helper(j, i))
		return;
	if (fn)
		emit_call_c(j, i, fn);
	else
		refuse(j);
}

static void select_call(struct jit *j, const struct bpf_insn *i)
{
	if (insn_is_subprog_call(i))
		call_func(j, i);
	else if (insn_is_helper_call(i) && i->imm == BPF_FUNC_tail_call && j->p->rt->prog_array_get)
		emit_tail_call(j);
	else
		call_helper(j, i);
}

static bool is_conditional(const struct bpf_insn *i)
{
	static const bool known[16] = {
#define JMP(name, code, ...) [(code) >> 4] = true,
#include "insn/jmp.def"
	};

	return known[BPF_OP(i->code) >> 4];
}

static void select_jmp(struct jit *j, const struct bpf_insn *i)
{
	bool wide = BPF_CLASS(i->code) == BPF_JMP;

	if (BPF_OP(i->code) == BPF_JA) {
		if (jit_target(j->i, i) != j->i + 1)
			emit_jump(j, (u32)jit_target(j->i, i));
	} else if (wide && BPF_OP(i->code) == BPF_CALL) {
		select_call(j, i);
	} else if (wide && BPF_OP(i->code) == BPF_EXIT) {
		emit_exit(j);
	} else if (wide && BPF_OP(i->code) == BPF_JCOND && i->src_reg == BPF_MAY_GOTO) {
		emit_may_goto(j, i);
	} else if (insn_is_cpu(i)) {
		emit_cpu(j);
	} else if (insn_is_unwind(i)) {
		emit_unwind(j, i);
	} else if (is_conditional(i)) {
		emit_jump_if(j, i);
	} else {
		refuse(j);
	}
}

void jit_select(struct jit *j, const struct bpf_insn *i)
{
	if (insn_is_guarded(i)) {
		emit_guarded(j, i);
		return;
	}
	if (insn_is_cast(i)) {
		emit_cast(j, i);
		return;
	}
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

u32 jit_select_next(struct jit *j)
{
	const struct bpf_insn *i = &j->p->insns[j->i];
	u32 n;

	if (j->marks[j->i] & MARK_TARGET)
		j->flags.at = 0;
	n = j->blind_seed ? 0 : jit_fuse(j, i);
	if (n)
		return n;
	if (!j->blind_seed || !jit_blind(j, i))
		jit_select(j, i);
	return insn_is_ld_imm64(i) ? 2 : 1;
}

/* --- functions in the place of their calls --- */

static bool is_plain(const struct bpf_insn *i)
{
	u8 class = BPF_CLASS(i->code);

	return class != BPF_JMP && class != BPF_JMP32 && (class != BPF_LD || insn_is_ld_imm64(i));
}

bool jit_is_straight(const struct jit *j, const struct func *f, u32 max)
{
	const struct subprog *s = &j->p->subs[f - j->funcs];
	u32 last = s->start + s->len - 1;

	if (!s->len || s->len > max || f->calls || j->blind_seed ||
	    j->p->insns[last].code != (BPF_JMP | BPF_EXIT))
		return false;
	for (u32 n = s->start; n < last; n++) {
		if (!is_plain(&j->p->insns[n]))
			return false;
		n += insn_is_ld_imm64(&j->p->insns[n]);
	}
	return true;
}

void jit_select_inline(struct jit *j, struct func *f)
{
	const struct subprog *s = &j->p->subs[f - j->funcs];
	struct func *caller = j->f;
	u32 call = j->i;

	j->f = f;
	emit_enter(j);
	for (j->i = s->start; j->i < s->start + s->len - 1;)
		j->i += jit_select_next(j);
	emit_leave(j);
	j->f = caller;
	j->i = call;
}
