/* Jumps whose way on is known. A state machine (a switch in a loop) reaches BPF as comparisons of the state at the
 * loop's head, where all paths meet. A path that comes there with a constant in the register that is compared goes
 * on in a copy of the instructions up to its comparison, without the comparisons: to a processor, each state then
 * has branches of its own, which it predicts better. Compilers do this to a switch, but rarely to comparisons.
 *
 * Sound because: a copy does what the path does; the constant was set in the block that ends with the jump, and the
 * copy ends before the register is written. */
#include "aot/emit.h"
#include "base/err.h"

#define MAX_STEPS 24 /* instructions in a copy */
#define MAX_BACK  16 /* instructions looked at for a constant */

struct walk {
	u32 at, steps;	/* where, after so many steps */
	u32 next, last; /* the same after the last comparison whose outcome is known */
};

static bool holds64(u8 op, u64 D, u64 S)
{
	s64 SD = (s64)D, SS = (s64)S;
	bool holds = false;

	switch (op) {
#define JMP(name, code, text, condition)                                                           \
	case code:                                                                                 \
		holds = condition;                                                                 \
		break;
#include "insn/jmp.def"
	}
	return holds;
}

static bool holds32(u8 op, u32 D, u32 S)
{
	s32 SD = (s32)D, SS = (s32)S;
	bool holds = false;

	switch (op) {
#define JMP(name, code, text, condition)                                                           \
	case code:                                                                                 \
		holds = condition;                                                                 \
		break;
#include "insn/jmp.def"
	}
	return holds;
}

static bool is_jump_class(const struct bpf_insn *i)
{
	return BPF_CLASS(i->code) == BPF_JMP || BPF_CLASS(i->code) == BPF_JMP32;
}

static bool is_always(const struct bpf_insn *i)
{
	return is_jump_class(i) && BPF_OP(i->code) == BPF_JA;
}

static bool is_exit(const struct bpf_insn *i)
{
	return i->code == (BPF_JMP | BPF_EXIT);
}

static bool is_conditional(const struct bpf_insn *i)
{
	u8 op = BPF_OP(i->code);

	return is_jump_class(i) && op != BPF_JA && op != BPF_CALL && op != BPF_EXIT &&
	       op != BPF_JCOND;
}

static bool compares(const struct bpf_insn *i, u8 reg)
{
	return is_conditional(i) && BPF_SRC(i->code) == BPF_K && i->dst_reg == reg;
}

static bool is_taken(const struct bpf_insn *i, u64 value)
{
	u8 op = BPF_OP(i->code);

	return is_wide(i) ? holds64(op, value, (u64)(s64)i->imm)
			  : holds32(op, (u32)value, (u32)i->imm);
}

/* One step of the path on which reg holds value; false where the walk ends. */
static bool step(const struct emit *e, struct walk *w, u8 reg, u64 value)
{
	const struct bpf_insn *i = &e->p->insns[w->at];

	if (is_exit(i) || insn_writes(i) >> reg & 1)
		return false;
	if (is_always(i))
		w->at = (u32)target(i, w->at);
	else if (compares(i, reg) && is_taken(i, value))
		w->at = (u32)target(i, w->at);
	else
		w->at += 1 + insn_is_ld_imm64(i);
	w->steps++;
	if (compares(i, reg)) {
		w->next = w->at;
		w->last = w->steps;
	}
	return w->at < e->p->len;
}

/* A way from a block to an instruction: by the jump at `end`, or by falling into `end`, which is `to` then. The
 * block's other instructions are before it. */
struct way {
	u32 end, to;
	bool falls;
};

/* Does the path from there meet others at a loop's head, and is a comparison decided? */
static bool worth_it(const struct emit *e, struct way way, struct walk *w, u8 reg, u64 value)
{
	bool meets = false;

	*w = (struct walk){ .at = way.to };
	while (w->steps < MAX_STEPS) {
		meets |= e->is_target[w->at] & TARGET_OF_BACK_JUMP && w->at <= way.end;
		if (!step(e, w, reg, value))
			break;
	}
	return meets && w->last;
}

/* Its number plus 1; 0 if there are too many. */
static u32 add_thread(struct emit *e, u32 at, const struct walk *w, u8 reg, u64 value)
{
	u32 n = 0;

	while (n < e->nr_threads &&
	       (e->threads[n].at != at || e->threads[n].reg != reg || e->threads[n].value != value))
		n++;
	if (n == EMIT_MAX_THREADS)
		return 0;
	if (n == e->nr_threads)
		e->threads[e->nr_threads++] = (struct thread){ at, e->sub, w->last, value, reg };
	e->is_target[w->next] |= TARGET_OF_THREAD;
	return n + 1;
}

static bool is_constant(const struct bpf_insn *i)
{
	return (i->code == (BPF_ALU | BPF_MOV | BPF_K) ||
		i->code == (BPF_ALU64 | BPF_MOV | BPF_K)) &&
	       !i->off;
}

/* Looks for constants in the block, the nearest first. The thread's number plus 1, or 0. */
static u32 plan(struct emit *e, struct way way)
{
	u32 start = e->p->subs[e->sub].start, written = 0;
	struct walk w;

	for (u32 n = way.end; n > start && way.end - n < MAX_BACK; n--) {
		const struct bpf_insn *i = &e->p->insns[n - 1];

		if ((e->is_target[n] & TARGET_OF_JUMP && !(way.falls && n == way.end)) ||
		    is_always(i) || is_exit(i))
			break;
		if (is_constant(i) && !(written >> i->dst_reg & 1)) {
			u64 value = is_wide(i) ? (u64)(s64)i->imm : (u32)i->imm;

			if (worth_it(e, way, &w, i->dst_reg, value))
				return add_thread(e, way.to, &w, i->dst_reg, value);
		}
		written |= insn_writes(i);
	}
	return 0;
}

void emit_plan_threads(struct emit *e)
{
	const struct subprog *s = &e->p->subs[e->sub];

	for (u32 n = s->start; n < s->start + s->len; n++) {
		const struct bpf_insn *i = &e->p->insns[n];

		if (n > s->start && e->is_target[n] & TARGET_OF_JUMP)
			e->falls_into[n] = plan(e, (struct way){ n, n, true });
		if (is_always(i) || is_conditional(i))
			e->thread_of[n] = plan(e, (struct way){ n, (u32)target(i, n), false });
		n += insn_is_ld_imm64(i);
	}
}

static int emit_thread(struct emit *e, u32 n)
{
	const struct thread *t = &e->threads[n];
	struct walk w = { .at = t->at };

	PUT(e, "T%u:; // r%u is %lld\n", n, t->reg, (long long)t->value);
	while (w.steps < t->steps) {
		const struct bpf_insn *i = &e->p->insns[w.at];

		if (!is_always(i) && !compares(i, t->reg))
			TRY(emit_statement(e, w.at));
		if (!step(e, &w, t->reg, t->value))
			break;
	}
	PUT(e, "\tgoto L%u;\n", w.at);
	return 0;
}

int emit_threads(struct emit *e)
{
	for (u32 n = 0; n < e->nr_threads; n++)
		if (e->threads[n].sub == e->sub)
			TRY(emit_thread(e, n));
	return 0;
}
