/* Precision: which numbers mattered.
 *
 * Most numbers never decide anything, and a state with another number there is as safe. Where one does
 * decide (a branch, a bound, a size), we walk back over the steps that made it and mark its sources
 * "precise" in the remembered states on the way: pruning compares only those.
 * Sound because: the walk is over every instruction of the path, in the frame where it ran, and whatever
 * an instruction computes its result from is marked; where a number came from nowhere (a load from
 * memory other than spills, a helper's result) there is nothing to mark. */
#include "verifier/env.h"

#include "insn/disasm.h"

struct sources { /* what is still to be traced, per frame */
	u32 regs[SKEP_MAX_FRAMES];
	u64 slots[SKEP_MAX_FRAMES];
	u32 frame; /* where the instruction that is looked at ran */
	bool lost; /* a source is a pointer: the number came from the difference of two */
};

static bool nothing_left(const struct sources *t)
{
	for (u32 f = 0; f < SKEP_MAX_FRAMES; f++)
		if (t->regs[f] || t->slots[f])
			return false;
	return true;
}

/* --- steps --- */

/* Linux's history holds only the steps that cannot be found by walking back linearly, and accesses to
 * spilled registers. Ours holds all; but the number of Linux's decides when a state is remembered. */
static void count_jump(struct verifier *v, struct step *step)
{
	if (step->flags & STEP_COUNTED)
		return;
	step->flags |= STEP_COUNTED;
	v->cur->nr_jumps++;
}

void note_linked_step(struct verifier *v)
{
	struct step *step = v->cur->nr_steps ? &v->cur->steps[v->cur->nr_steps - 1] : NULL;

	if (step && step_nr_links(step) > 1)
		count_jump(v, step);
}

/* Nothing more will be noted in the last step: is it one more of a run? */
static void close_step(struct state *s)
{
	struct step *last, *before;

	if (s->nr_steps < 2)
		return;
	last = &s->steps[s->nr_steps - 1];
	before = last - 1;
	if (last->flags || before->flags & ~STEP_RUN || last->depth != before->depth ||
	    last->insn != before->insn + 1)
		return;
	before->flags = STEP_RUN;
	before->insn++;
	before->links++;
	s->nr_steps--;
}

int record_step(struct verifier *v, struct state *s, u32 insn)
{
	close_step(s);
	if (s->nr_steps == s->cap_steps) {
		u32 cap = s->cap_steps ? s->cap_steps * 2 : 32;
		struct step *steps = pool_grow(&v->pool, s->steps, s->cap_steps * sizeof(*steps),
					       s->nr_steps * sizeof(*steps), cap * sizeof(*steps));

		if (!steps)
			return -ENOMEM;
		s->steps = steps;
		s->cap_steps = cap;
	}
	s->steps[s->nr_steps++] = (struct step){ .insn = insn, .depth = (u8)s->depth };
	if (v->aux[insn].jump_point)
		count_jump(v, &s->steps[s->nr_steps - 1]);
	return 0;
}

static struct step *current_step(struct verifier *v)
{
	return v->cur->nr_steps ? &v->cur->steps[v->cur->nr_steps - 1] : NULL;
}

void note_compared(struct verifier *v, const struct value *dst, const struct value *src)
{
	struct step *step = current_step(v);

	if (step)
		step->flags |= (dst->kind == V_STACK ? STEP_DST_STACK : 0) |
			       (src->kind == V_STACK ? STEP_SRC_STACK : 0);
}

void note_stack_access(struct verifier *v, u32 frame, u32 slot)
{
	struct step *step = current_step(v);

	if (!step)
		return;
	count_jump(v, step);
	step->flags |= STEP_STACK;
	step->frame = (u8)frame;
	step->slot = (u8)slot;
}

/* --- back over one instruction --- */

static void trace_alu(struct sources *t, const struct bpf_insn *i)
{
	u32 *regs = &t->regs[t->frame], dst = 1u << i->dst_reg;

	if (!(*regs & dst) || BPF_OP(i->code) == BPF_NEG || BPF_OP(i->code) == BPF_END)
		return;
	if (BPF_OP(i->code) == BPF_MOV)
		*regs &= ~dst;
	if (BPF_SRC(i->code) == BPF_X && i->src_reg != BPF_REG_10)
		*regs |= 1u << i->src_reg;
}

static void trace_load(struct sources *t, u32 into, const struct step *step)
{
	u32 *regs = &t->regs[t->frame];

	if (!(*regs & 1u << into))
		return;
	*regs &= ~(1u << into);
	if (step->flags & STEP_STACK)
		t->slots[step->frame] |= 1ull << step->slot;
}

static void trace_store(struct sources *t, const struct bpf_insn *i, const struct step *step)
{
	u64 slot = 1ull << step->slot;

	if (t->regs[t->frame] & 1u << i->dst_reg) {
		t->lost = true;
		return;
	}
	if (!(step->flags & STEP_STACK) || !(t->slots[step->frame] & slot))
		return;
	t->slots[step->frame] &= ~slot;
	if (BPF_CLASS(i->code) == BPF_STX)
		t->regs[t->frame] |= 1u << i->src_reg;
}

static void trace_atomic(struct sources *t, const struct bpf_insn *i, const struct step *step)
{
	if (i->imm == BPF_LOAD_ACQ)
		trace_load(t, i->dst_reg, step);
	else if (i->imm == BPF_STORE_REL)
		trace_store(t, i, step);
	else if (i->imm == BPF_CMPXCHG)
		trace_load(t, BPF_REG_0, step);
	else if (i->imm & BPF_FETCH)
		trace_load(t, i->src_reg, step);
}

static bool is_traced(const struct sources *t, u16 at)
{
	u32 what = at & 0x7f, frame = at >> 7;

	return what < 16 ? t->regs[frame] >> what & 1 : t->slots[frame] >> (what - 16) & 1;
}

/* Numbers known to be equal were narrowed together: if one matters, all do. */
static void trace_linked(struct sources *t, const struct step *step)
{
	bool any = false;

	for (u32 n = 0; n < step_nr_links(step); n++)
		any |= is_traced(t, step_link(step, n));
	for (u32 n = 0; any && n < step_nr_links(step); n++) {
		u32 what = step_link(step, n) & 0x7f, frame = step_link(step, n) >> 7;

		if (what < 16)
			t->regs[frame] |= 1u << what;
		else
			t->slots[frame] |= 1ull << (what - 16);
	}
}

static void trace_cond(struct sources *t, const struct bpf_insn *i, const struct step *step)
{
	u32 *regs = &t->regs[t->frame];
	u32 both = 1u << i->dst_reg | 1u << i->src_reg;

	trace_linked(t, step);
	if (BPF_SRC(i->code) == BPF_X && (*regs & both))
		*regs |= (step->flags & STEP_DST_STACK ? 0 : 1u << i->dst_reg) |
			 (step->flags & STEP_SRC_STACK ? 0 : 1u << i->src_reg);
	trace_linked(t, step);
}

/* What a callback gets of the caller's that may be a number: its context, which may be 0. Kernel functions
 * pass their callbacks none. */
static void trace_context(const struct verifier *v, struct sources *t, const struct bpf_insn *i)
{
	static const struct {
		u8 callee, caller;
	} reg[] = {
		[SKEP_CB_LOOP] = { 2, 3 },
		[SKEP_CB_FOR_EACH_MAP] = { 4, 3 },
		[SKEP_CB_USER_RINGBUF] = { 2, 3 },
		[SKEP_CB_FIND_VMA] = { 3, 4 },
	};
	const struct skep_helper *h = i->src_reg ? NULL : runtime_helper(v->p->rt, (u32)i->imm);
	u32 f = t->frame;

	if (h && h->callback < ARRAY_SIZE(reg) && (t->regs[f + 1] & 1u << reg[h->callback].callee))
		t->regs[f] |= 1u << reg[h->callback].caller;
}

/* The arguments of a callee come from the caller's registers. `later` is the depth of the instruction
 * that ran after this one. */
static void trace_call(struct verifier *v, struct sources *t, const struct bpf_insn *i, u32 later)
{
	u32 f = t->frame;

	if (insn_is_subprog_call(i) && later > f) {
		t->regs[f] |= t->regs[f + 1] & 0x3e;
		t->regs[f + 1] = 0;
		t->slots[f + 1] = 0;
		return;
	}
	if (later > f) { /* into a callback */
		trace_context(v, t, i);
		t->regs[f + 1] = 0;
		t->slots[f + 1] = 0;
		return;
	}
	if (later < f) { /* a tail call that succeeded: the caller got an unknown result */
		t->regs[later] &= ~1u;
		return;
	}
	t->regs[f] &= ~0x3fu; /* a helper's, or a global function's: from nowhere */
}

static void trace_exit(struct sources *t, const struct step *step)
{
	u32 f = t->frame;

	if (!f || (step->flags & STEP_CALLBACK_RETURN))
		return;
	t->regs[f] = t->regs[f - 1] & 1u;
	t->regs[f - 1] &= ~1u;
}

static void say_step(struct verifier *v, const struct sources *t, u32 frame, u32 insn);

static void trace_back(struct verifier *v, struct sources *t, const struct step *step, u32 later)
{
	const struct bpf_insn *i = &v->insns[step->insn];

	t->frame = step->depth;
	if (logging_all(v))
		say_step(v, t, later, step->insn); /* calls and exits in the frame behind them */
	switch (BPF_CLASS(i->code)) {
	case BPF_ALU:
	case BPF_ALU64: trace_alu(t, i); return;
	case BPF_LDX: trace_load(t, i->dst_reg, step); return;
	case BPF_LD:
		if (BPF_MODE(i->code) == BPF_IMM)
			t->regs[t->frame] &= ~(1u << i->dst_reg);
		else /* where it failed in a subprogram, the caller got the 0 */
			t->regs[MIN(later, t->frame)] &= ~1u;
		return;
	case BPF_ST: trace_store(t, i, step); return;
	case BPF_STX:
		if (insn_is_atomic(i))
			trace_atomic(t, i, step);
		else
			trace_store(t, i, step);
		return;
	default: break;
	}
	if (insn_is_call(i))
		trace_call(v, t, i, later);
	else if (BPF_OP(i->code) == BPF_EXIT)
		trace_exit(t, step);
	else if (BPF_OP(i->code) != BPF_JA)
		trace_cond(t, i, step);
}

/* --- in a remembered state --- */

static void mark(struct verifier *v, struct value *val)
{
	val->precise = true;
	v->nr_marked++;
}

/* Mark what is traced; what is marked already, or is no number, needs no further tracing. */
static void mark_regs(struct verifier *v, struct frame *f, u32 *mask)
{
	for (u32 r = 0; r < 11; r++) {
		struct value *val = &f->reg[r];

		if (!(*mask & 1u << r))
			continue;
		if (val->kind != V_SCALAR || val->precise)
			*mask &= ~(1u << r);
		else
			mark(v, val);
	}
}

static void mark_slots(struct verifier *v, struct frame *f, u64 *mask)
{
	for (u32 n = 0; n < 64; n++) {
		struct value *val;

		if (!(*mask & 1ull << n))
			continue;
		val = n < f->nr_slots && slot_is_spill(&f->stack[n]) ? &f->stack[n].v : NULL;
		if (!val || val->kind != V_SCALAR || val->precise)
			*mask &= ~(1ull << n);
		else
			mark(v, val);
	}
}

static void text_sources(struct buf *b, const struct sources *t, u32 frame)
{
	const char *sep = "";

	buf_puts(b, "regs=");
	for (u32 r = 0; r < 11; r++)
		if (t->regs[frame] & 1u << r) {
			buf_printf(b, "%sr%u", sep, r);
			sep = ",";
		}
	buf_puts(b, " stack=");
	sep = "";
	for (u32 n = 0; n < 64; n++)
		if (t->slots[frame] & 1ull << n) {
			buf_printf(b, "%s-%u", sep, (n + 1) * 8);
			sep = ",";
		}
}

static void say_step(struct verifier *v, const struct sources *t, u32 frame, u32 insn)
{
	struct buf b = { 0 };

	text_sources(&b, t, frame);
	buf_printf(&b, " before %u: ", insn);
	insn_text(v, &b, insn);
	say(v, "mark_precise: frame%u: %s\n", frame, buf_str(&b));
	buf_done(&b);
}

static void say_parent(struct verifier *v, const struct sources *t, const struct state *s,
		       u32 frame)
{
	struct buf b = { 0 };

	text_sources(&b, t, frame);
	say(v, "mark_precise: frame%u: parent state %s: ", frame, buf_str(&b));
	say_frame(v, s, frame, true);
	buf_done(&b);
}

static void mark_state(struct verifier *v, struct sources *t, struct state *s)
{
	for (u32 f = s->depth + 1; f-- > 0;) {
		mark_regs(v, s->frame[f], &t->regs[f]);
		mark_slots(v, s->frame[f], &t->slots[f]);
		if (logging_all(v))
			say_parent(v, t, s, f);
	}
}

/* What decided is not to be found: any number of the path may have. (Where two pointers were subtracted Linux gives up, too,
 * and so the same states are found safe.) */
static void force_all(struct verifier *v, const struct state *s)
{
	if (logging_all(v))
		say(v, "mark_precise: frame%u: falling back to forcing all scalars precise\n",
		    s->depth);
	for (struct state *p = s->parent; p; p = p->parent) {
		FOR_EACH_VALUE (p, f, val) {
			if (val->kind != V_SCALAR || val->precise)
				continue;
			mark(v, val);
			if (!logging_all(v))
				continue;
			if (vi_ < 11)
				say(v, "force_precise: frame%u: forcing r%u to be precise\n", f->no,
				    vi_);
			else
				say(v, "force_precise: frame%u: forcing fp-%u to be precise\n",
				    f->no, (vi_ - 10) * 8);
		}
	}
}

static bool trace_run(struct verifier *v, struct sources *t, const struct step *run, u32 *later)
{
	struct step one = { .insn = run->insn, .depth = run->depth };

	for (u64 left = run->links + 1; left--; one.insn--) {
		trace_back(v, t, &one, *later);
		*later = one.depth;
		if (t->lost || nothing_left(t))
			return false;
	}
	return true;
}

/* The steps of state s, back from the last but `skip`. Returns whether something is left to be traced in its parent. */
static bool trace_steps(struct verifier *v, struct sources *t, const struct state *s, u32 skip,
			u32 *later)
{
	for (u32 n = s->nr_steps - MIN(skip, s->nr_steps); n-- > 0;) {
		if (s->steps[n].flags & STEP_RUN) {
			if (!trace_run(v, t, &s->steps[n], later))
				return false;
			continue;
		}
		trace_back(v, t, &s->steps[n], *later);
		*later = s->steps[n].depth;
		if (t->lost || nothing_left(t))
			return false;
	}
	return true;
}

/* Trace back from state s, leaving out the last `skip` steps (the instruction that asks has not taken
 * effect yet). */
static void trace(struct verifier *v, struct sources *t, struct state *from, u32 skip)
{
	u32 later = from->depth, last = v->insn;
	s64 subseq = -1;

	for (struct state *s = from; !nothing_left(t);) {
		if (logging_all(v))
			say(v, "mark_precise: frame%u: last_idx %u first_idx %u subseq_idx %lld \n",
			    later, last, s->first_insn, (long long)subseq);
		if (!trace_steps(v, t, s, skip, &later))
			break;
		skip = 0;
		subseq = s->first_insn;
		s = s->parent;
		if (!s) { /* a global function's arguments */
			t->lost = true;
			break;
		}
		mark_state(v, t, s);
		last = s->last_insn;
	}
	if (t->lost)
		force_all(v, from);
}

int mark_precise(struct verifier *v, u32 r)
{
	struct sources t = { .frame = v->cur->depth };

	if (reg(v, r)->kind != V_SCALAR)
		return 0;
	t.regs[t.frame] = 1u << r;
	trace(v, &t, v->cur, 1);
	return 0;
}

int mark_precise_slot(struct verifier *v, u32 frame, u32 slot)
{
	struct sources t = { .frame = v->cur->depth };

	t.slots[frame] = 1ull << slot;
	trace(v, &t, v->cur, 1);
	return 0;
}

/* "frame 0: propagating r1,r4,fp-8" */
static void say_spread(struct verifier *v, const struct sources *t)
{
	for (u32 f = SKEP_MAX_FRAMES; f-- > 0;) {
		const char *sep = "";

		if (!t->regs[f] && !t->slots[f])
			continue;
		say(v, "frame %u: propagating ", f);
		for (u32 r = 0; r < 11; r++)
			if (t->regs[f] & 1u << r) {
				say(v, "%sr%u", sep, r);
				sep = ",";
			}
		for (u32 n = 0; n < 64; n++)
			if (t->slots[f] & 1ull << n) {
				say(v, "%sfp-%u", sep, (n + 1) * 8);
				sep = ",";
			}
		say(v, "\n");
	}
}

void spread_precision(struct verifier *v, const struct state *from, struct state *path)
{
	struct sources t = { .frame = from->depth };

	for (u32 f = 0; f <= from->depth; f++) {
		const struct frame *fr = from->frame[f];

		for (u32 r = 0; r < 10; r++)
			if (fr->reg[r].kind == V_SCALAR && fr->reg[r].precise)
				t.regs[f] |= 1u << r;
		for (u32 n = 0; n < fr->nr_slots; n++)
			if (slot_is_spill(&fr->stack[n]) && fr->stack[n].v.kind == V_SCALAR &&
			    fr->stack[n].v.precise)
				t.slots[f] |= 1ull << n;
	}
	if (logging_all(v))
		say_spread(v, &t);
	trace(v, &t, path, 0);
}
