/* What is open in each claim: what a path that was pruned may hold there, though the claim says otherwise.
 *
 * At the state that covered it: what was not compared (claim_pruned). From there it flows along the
 * claims like the values themselves: an instruction that computes from something open gives something open.
 * Sound because: flows only add; where an instruction's effect on the stack is not known in full, slots
 * stay open; numbers narrowed by a comparison with something open, and what equals them, are open.
 * Never open are pointers that a program follows, and what decided something: the verifier has to compare
 * those when it prunes. So if it forgets to, a checked run finds out. */
#include "verifier/claims.h"

#include <stdlib.h>

#include "verifier/env.h"

#define CALLER_SAVED ((u16)0x3f)

static u64 slot_bit(s64 off)
{
	return off >= -SKEP_STACK_SIZE && off < 0 ? 1ull << ((-off - 1) / 8) : 0;
}

/* The slots that [r + off, + size) may touch; *frame tells whose. */
static u64 slots_at(const struct claim *c, u32 r, s32 off, u32 size, u32 *frame)
{
	const struct value *p = &c->frame[c->depth]->reg[r];
	u64 slots = 0;
	s64 lo, hi;

	*frame = p->frame;
	if (p->kind != V_STACK)
		return 0;
	lo = MAX(p->var.smin, -MAX_OFF) + p->fixed + off;
	hi = MIN(p->var.smax, MAX_OFF) + p->fixed + off + size - 1;
	for (s64 at = MAX(lo, -SKEP_STACK_SIZE); at <= MIN(hi, -1); at++)
		slots |= slot_bit(at);
	return slots;
}

static void set_reg(struct open *o, u32 frame, u32 r, bool open)
{
	if (open)
		o->regs[frame] |= (u16)(1u << r);
	else
		o->regs[frame] &= (u16) ~(1u << r);
}

static bool reg_open(const struct open *o, u32 frame, u32 r)
{
	return o->regs[frame] >> r & 1;
}

static void flow_alu(const struct bpf_insn *i, u32 f, struct open *o)
{
	bool src = BPF_SRC(i->code) == BPF_X && BPF_OP(i->code) != BPF_END &&
		   reg_open(o, f, i->src_reg);

	set_reg(o, f, i->dst_reg,
		src || (BPF_OP(i->code) != BPF_MOV && reg_open(o, f, i->dst_reg)));
}

static void flow_load(const struct claim *c, const struct bpf_insn *i, u32 base, u32 into,
		      struct open *o)
{
	u32 frame;
	u64 slots = slots_at(c, base, i->off, access_size(i->code), &frame);

	set_reg(o, c->depth, into, o->slots[frame] & slots);
}

/* A slot that is overwritten as a whole is open no more. */
static void flow_store(const struct claim *c, const struct bpf_insn *i, bool open, struct open *o)
{
	u32 frame, size = access_size(i->code);
	u64 slots = slots_at(c, i->dst_reg, i->off, size, &frame);

	if (open)
		o->slots[frame] |= slots;
	else if (size == 8 && !(slots & (slots - 1)) &&
		 scalar_is_const(&c->frame[c->depth]->reg[i->dst_reg].var))
		o->slots[frame] &= ~slots;
}

static void flow_atomic(const struct claim *c, const struct bpf_insn *i, struct open *o)
{
	u32 f = c->depth;
	bool src = reg_open(o, f, i->src_reg);

	if (i->imm == BPF_LOAD_ACQ) {
		flow_load(c, i, i->src_reg, i->dst_reg, o);
		return;
	}
	if (i->imm == BPF_STORE_REL) {
		flow_store(c, i, src, o);
		return;
	}
	if (i->imm == BPF_CMPXCHG)
		flow_load(c, i, i->dst_reg, 0, o);
	else if (i->imm & BPF_FETCH)
		flow_load(c, i, i->dst_reg, i->src_reg, o);
	if (src)
		flow_store(c, i, true, o);
}

/* What shares an id with something open that was compared. */
static void open_linked(const struct claim *c, u32 id, struct open *o)
{
	id &= ~SCALAR_ID_FLAGS;
	for (u32 f = 0; id && f <= c->depth; f++) {
		const struct claim_frame *fr = c->frame[f];

		for (u32 r = 0; r < 10; r++)
			if (fr->reg[r].kind == V_SCALAR && (fr->reg[r].id & ~SCALAR_ID_FLAGS) == id)
				set_reg(o, f, r, true);
		for (u32 n = 0; n < fr->nr_slots; n++)
			if (slot_is_spill(&fr->slot[n]) && fr->slot[n].v.kind == V_SCALAR &&
			    (fr->slot[n].v.id & ~SCALAR_ID_FLAGS) == id)
				o->slots[f] |= 1ull << n;
	}
}

static void flow_compare(const struct claim *c, const struct bpf_insn *i, struct open *o)
{
	u32 f = c->depth;
	bool two = BPF_SRC(i->code) == BPF_X;
	const struct value *dst = &c->frame[f]->reg[i->dst_reg],
			   *src = &c->frame[f]->reg[i->src_reg];

	if (!reg_open(o, f, i->dst_reg) && !(two && reg_open(o, f, i->src_reg)))
		return;
	set_reg(o, f, i->dst_reg, true);
	if (dst->kind == V_SCALAR)
		open_linked(c, dst->id, o);
	if (!two)
		return;
	set_reg(o, f, i->src_reg, true);
	if (src->kind == V_SCALAR)
		open_linked(c, src->id, o);
}

static void flow_enter(const struct bpf_insn *i, u32 f, struct open *o)
{
	bool call = insn_is_subprog_call(i);

	o->slots[f + 1] = 0;
	o->regs[f + 1] = call ? o->regs[f] & 0x3e : o->regs[f] & 0x3e ? 0x3e : 0;
	if (call)
		o->regs[f] &= (u16)~CALLER_SAVED;
}

/* Back to the caller: by exit, or because another program was entered. */
static void flow_leave(const struct claim *c, const struct bpf_insn *i, struct open *o)
{
	u32 f = c->depth;

	if (!c->frame[f]->in_callback)
		set_reg(o, f - 1, 0, BPF_OP(i->code) == BPF_EXIT && reg_open(o, f, 0));
	o->regs[f] = 0;
	o->slots[f] = 0;
}

static void flow_jump(const struct claim *c, const struct bpf_insn *i, struct open *o)
{
	u8 op = BPF_OP(i->code);

	if (op == BPF_CALL)
		o->regs[c->depth] &= (u16)~CALLER_SAVED;
	else if (op != BPF_JA && op != BPF_JCOND && op != BPF_EXIT)
		flow_compare(c, i, o);
}

/* What is open behind c's instruction, at a claim of that depth. */
static struct open flow(const struct verifier *v, const struct claim *c, u32 depth)
{
	const struct bpf_insn *i = &v->insns[c->insn];
	struct open o = c->open;

	if (depth > c->depth) {
		flow_enter(i, c->depth, &o);
		return o;
	}
	if (depth < c->depth) {
		flow_leave(c, i, &o);
		return o;
	}
	switch (BPF_CLASS(i->code)) {
	case BPF_ALU:
	case BPF_ALU64: flow_alu(i, depth, &o); break;
	case BPF_LDX: flow_load(c, i, i->src_reg, i->dst_reg, &o); break;
	case BPF_ST: flow_store(c, i, false, &o); break;
	case BPF_STX:
		if (insn_is_atomic(i))
			flow_atomic(c, i, &o);
		else
			flow_store(c, i, reg_open(&o, depth, i->src_reg), &o);
		break;
	case BPF_LD:
		if (insn_is_ld_imm64(i))
			set_reg(&o, depth, i->dst_reg, false);
		else
			o.regs[depth] &= (u16)~CALLER_SAVED;
		break;
	default: flow_jump(c, i, &o);
	}
	return o;
}

static bool add(struct open *to, const struct open *from)
{
	bool changed = false;

	for (u32 f = 0; f < SKEP_MAX_FRAMES; f++) {
		changed |= (from->regs[f] & ~to->regs[f]) || (from->slots[f] & ~to->slots[f]);
		to->regs[f] |= from->regs[f];
		to->slots[f] |= from->slots[f];
	}
	return changed;
}

static const struct open everything = {
	.regs = { 0x3ff, 0x3ff, 0x3ff, 0x3ff, 0x3ff, 0x3ff, 0x3ff, 0x3ff },
	.slots = { ~0ull, ~0ull, ~0ull, ~0ull, ~0ull, ~0ull, ~0ull, ~0ull },
};

static bool flow_pruned(struct verifier *v, const struct pruned *e)
{
	struct claims *c = v->claims;
	struct claim *to = e->to ? c->claim[e->to] : NULL;
	struct open o;

	if (!to)
		return false;
	if (!e->from)
		return add(&to->open, &everything);
	o = flow(v, c->claim[e->from], to->depth);
	return add(&to->open, &e->open) | add(&to->open, &o);
}

/* To a fixed point: loops lead back to claims made before. */
int claims_settle(struct verifier *v)
{
	struct claims *c = v->claims;
	bool changed = true;

	while (changed) {
		changed = false;
		for (u32 n = 1; n < c->nr_claims; n++) {
			struct claim *k = c->claim[n];
			struct open o;

			if (!k->before)
				continue;
			o = flow(v, c->claim[k->before], k->depth);
			changed |= add(&k->open, &o);
		}
		for (u32 n = 0; n < c->nr_pruned; n++)
			changed |= flow_pruned(v, &c->pruned[n]);
	}
	return 0;
}
