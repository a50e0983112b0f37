/* Which registers may be read before they are written, from each instruction on. Computed backwards
 * over each function to a fixed point; used to compare states only where it matters.
 *
 * The function's stack counts as one more register: it is live where some instruction may still read it,
 * through whatever pointer.
 *
 * Errs towards "live": a call of a subprogram uses all argument registers and the stack, an unknown helper
 * too; every load may be from the stack. */
#include "verifier/env.h"

#include "insn/disasm.h"

#define R(n)	     ((u16)(1u << (n)))
#define ARGS	     (R(1) | R(2) | R(3) | R(4) | R(5))
#define ALL	     ((u16)0x3ff)
#define CALLER_SAVED (R(0) | ARGS)

struct use_def {
	u16 use, def;
};

static u16 helper_args(const struct verifier *v, const struct bpf_insn *i)
{
	const struct skep_helper *h;
	u16 use = 0;

	h = i->src_reg ? NULL : runtime_helper(v->p->rt, (u32)i->imm);
	if (insn_is_kfunc_call(i)) {
		for (u32 k = 0; k < kfunc_nr_args(v, (u32)(i - v->insns)); k++)
			use |= R(k + 1);
		return use | LIVE_STACK;
	}
	if (!h)
		return ARGS | LIVE_STACK;
	for (u32 k = 0; k < 5 && h->arg[k] != SKEP_ARG_NONE; k++)
		use |= R(k + 1) | LIVE_STACK;
	return use;
}

static struct use_def of_alu(const struct bpf_insn *i)
{
	u16 src = BPF_SRC(i->code) == BPF_X ? R(i->src_reg) : 0, dst = R(i->dst_reg);

	switch (BPF_OP(i->code)) {
	case BPF_MOV: return (struct use_def){ src, dst };
	case BPF_END:
	case BPF_NEG: return (struct use_def){ dst, dst };
	default: return (struct use_def){ src | dst, dst };
	}
}

static struct use_def of_atomic(const struct bpf_insn *i)
{
	u16 src = R(i->src_reg), dst = R(i->dst_reg);

	switch (i->imm) {
	case BPF_LOAD_ACQ: return (struct use_def){ src | LIVE_STACK, dst };
	case BPF_STORE_REL: return (struct use_def){ src | dst, 0 };
	case BPF_CMPXCHG: return (struct use_def){ src | dst | R(0) | LIVE_STACK, R(0) };
	default: return (struct use_def){ src | dst | LIVE_STACK, i->imm & BPF_FETCH ? src : 0 };
	}
}

static struct use_def of_jump(const struct verifier *v, const struct bpf_insn *i)
{
	switch (BPF_OP(i->code)) {
	case BPF_JA:
	case BPF_JCOND: return (struct use_def){ 0, 0 };
	case BPF_EXIT: return (struct use_def){ R(0), 0 };
	case BPF_CALL: return (struct use_def){ helper_args(v, i), CALLER_SAVED };
	default:
		return (struct use_def){
			R(i->dst_reg) | (BPF_SRC(i->code) == BPF_X ? R(i->src_reg) : 0), 0
		};
	}
}

static struct use_def use_def_of(const struct verifier *v, const struct bpf_insn *i)
{
	switch (BPF_CLASS(i->code)) {
	case BPF_LD:
		if (BPF_MODE(i->code) == BPF_IMM)
			return (struct use_def){ 0, R(i->dst_reg) };
		return (struct use_def){ ALL, 0 }; /* legacy loads, as Linux counts them */
	case BPF_LDX: return (struct use_def){ R(i->src_reg) | LIVE_STACK, R(i->dst_reg) };
	case BPF_ST: return (struct use_def){ R(i->dst_reg), 0 };
	case BPF_STX:
		if (BPF_MODE(i->code) == BPF_ATOMIC)
			return of_atomic(i);
		return (struct use_def){ R(i->dst_reg) | R(i->src_reg), 0 };
	case BPF_ALU:
	case BPF_ALU64: return of_alu(i);
	default: return of_jump(v, i);
	}
}

static u16 live_after(const struct verifier *v, u32 at)
{
	const struct bpf_insn *i = &v->insns[at];
	u8 class = BPF_CLASS(i->code), op = BPF_OP(i->code);
	u32 next = at + (insn_is_ld_imm64(i) ? 2 : 1);

	if (class != BPF_JMP && class != BPF_JMP32)
		return v->aux[next].live;
	if (op == BPF_EXIT)
		return 0;
	if (op == BPF_CALL)
		return v->aux[next].live;
	if (op == BPF_JA)
		return v->aux[at + 1 + (class == BPF_JMP32 ? i->imm : i->off)].live;
	return v->aux[next].live | v->aux[at + 1 + i->off].live;
}

static void print_liveness(struct verifier *v)
{
	say(v, "Live regs before insn:\n");
	for (u32 i = 0; i < v->len; i++) {
		char regs[11] = "..........";
		struct buf b = { 0 };

		for (u32 r = 0; r < 10; r++)
			if (v->aux[i].live & R(r))
				regs[r] = (char)('0' + r);
		insn_text(v, &b, i);
		say(v, "    %3u: %s %s\n", i, regs, buf_str(&b));
		buf_done(&b);
		if (insn_is_ld_imm64(&v->insns[i]))
			i++;
	}
}

int find_liveness(struct verifier *v)
{
	bool changed = true;

	while (changed) {
		changed = false;
		for (u32 at = v->len; at-- > 0;) {
			struct use_def ud;
			u16 live;

			if (at && insn_is_ld_imm64(&v->insns[at - 1]) && v->insns[at].code == 0)
				continue; /* second half */
			ud = use_def_of(v, &v->insns[at]);
			live = (u16)((live_after(v, at) & ~ud.def) | ud.use);
			if (live == v->aux[at].live)
				continue;
			v->aux[at].live = live;
			changed = true;
		}
	}
	if (logging_all(v))
		print_liveness(v);
	return 0;
}
