/* Open-coded iterators: bpf_iter_NAME_new() fills a structure on the stack, …_next() yields elements until it
 * yields null, …_destroy() gives back what it holds.
 *
 * Their slots are SB_ITER; slot.v of each tells the type (btf_id), the state (range), how often the loop was
 * entered on this path (fixed), and in the first slot which reference the program owes (ref).
 * Sound because: bytes of SB_ITER are neither read nor written by loads, stores and helpers; the loop is left on
 * one path with null, and gone round on another until a state repeats, as with callbacks. */
#include "verifier/env.h"

#include <string.h>

#include "kfunc/kfunc.h"

enum iter_state { ITER_ACTIVE = 1, ITER_DRAINED };

static u32 nr_slots(const struct kfunc_call *c, u32 id)
{
	return (u32)((btf_type_size(c->btf, id) + 7) / 8);
}

static const char *iter_name(const struct kfunc_call *c, u32 id)
{
	return btf_type_name(c->btf, id) + strlen("bpf_");
}

/* The lowest slot's number of an iterator that r points to: -1 if it is none or not aligned. */
static int slot_of_iter(struct verifier *v, u32 r, u32 n)
{
	const struct value *p = reg(v, r);
	s64 off;

	if (p->kind != V_STACK || !scalar_is_const(&p->var))
		return -1;
	off = (s64)p->var.bits.value + p->fixed;
	if (off >= 0 || off % 8 || off < -SKEP_STACK_SIZE || -off < (s64)n * 8)
		return -1;
	return (int)(-off / 8) - 1;
}

static bool is_iter(const struct slot *s)
{
	static const u8 whole[8] = { SB_ITER, SB_ITER, SB_ITER, SB_ITER,
				     SB_ITER, SB_ITER, SB_ITER, SB_ITER };

	return !memcmp(s->byte, whole, sizeof(whole));
}

static int begin(struct verifier *v, struct kfunc_call *c, u32 r, u32 id, int at, u32 n)
{
	struct frame *f = v->cur->frame[reg(v, r)->frame];
	u32 ref, frame = reg(v, r)->frame;

	for (u32 k = 0; k < n; k++) {
		const struct slot *s = &f->stack[(u32)at - k];

		if ((u32)at - k < f->nr_slots && is_iter(s))
			return reject(v, -EINVAL, "expected uninitialized %s as arg #%u",
				      iter_name(c, id), r - 1);
	}
	/* As stores would: a dynptr there ends, if it may. */
	for (u32 k = 0; k < n; k++)
		TRY(check_mem(v, r, (s32)(8 * k), 8, ACCESS_WRITE, -1, false, NULL));
	f = v->cur->frame[frame];
	TRY(ref_acquire(v, v->cur, &ref));
	for (u32 k = 0; k < n; k++) {
		struct slot *s = &f->stack[(u32)at - k];

		memset(s->byte, SB_ITER, sizeof(s->byte));
		s->v = (struct value){ .kind = V_NONE,
				       .btf = c->btf,
				       .btf_id = id,
				       .flags = c->k->flags & KF_RCU_PROTECTED ? VF_RCU : 0,
				       .range = ITER_ACTIVE,
				       .ref = k ? 0 : ref };
		touch_slot(v, frame, (u32)at - k);
	}
	return 0;
}

/* Is there an iterator of that type, all of it? */
static bool is_valid(struct verifier *v, const struct frame *f, u32 frame, u32 id, int at, u32 n)
{
	for (u32 k = 0; k < n; k++) {
		const struct slot *s = &f->stack[(u32)at - k];

		if ((u32)at - k >= f->nr_slots || !is_iter(s) || s->v.btf_id != id ||
		    !s->v.ref != (k > 0))
			return false;
		note_slot_read(v, frame, (u32)at - k);
	}
	return true;
}

static void end(struct verifier *v, struct frame *f, u32 frame, int at, u32 n)
{
	for (u32 k = 0; k < n; k++) {
		struct slot *s = &f->stack[(u32)at - k];

		memset(s->byte, SB_INVALID, sizeof(s->byte));
		s->v = (struct value){ .kind = V_NONE };
		touch_slot(v, frame, (u32)at - k);
	}
}

int check_iter_arg(struct verifier *v, struct kfunc_call *c, u32 r, u32 id)
{
	u32 n = nr_slots(c, id), frame, ref;
	int at = slot_of_iter(v, r, n);
	struct frame *f;

	if (reg(v, r)->kind != V_STACK)
		return reject(v, -EINVAL, "arg#%u expected pointer to an iterator on stack", r - 1);
	if (at < 0 && !scalar_is_const(&reg(v, r)->var))
		return reject(v, -EINVAL, "iter has to be at a constant offset");
	if (at < 0)
		return reject(v, -EINVAL, "cannot pass in iter at an offset=%lld",
			      (long long)reg(v, r)->var.bits.value + reg(v, r)->fixed);
	frame = reg(v, r)->frame;
	f = v->cur->frame[frame];
	if (c->k->flags & KF_ITER_NEW)
		return begin(v, c, r, id, at, n);
	if (!is_valid(v, f, frame, id, at, n))
		return reject(v, -EINVAL, "expected an initialized %s as arg #%u", iter_name(c, id),
			      r - 1);
	if (f->stack[at].v.flags & VF_UNTRUSTED)
		return reject(v, -EINVAL, "expected an RCU CS when using %s", c->k->name);
	ref = f->stack[at].v.ref;
	c->iter = &f->stack[at];
	c->iter_frame = frame;
	c->iter_slot = (u32)at;
	if (!(c->k->flags & KF_ITER_DESTROY))
		return 0;
	end(v, f, frame, at, n);
	return ref_release(v, ref);
}

static void set_state(struct state *s, const struct kfunc_call *c, enum iter_state to, u32 deeper)
{
	struct slot *it = &s->frame[c->iter_frame]->stack[c->iter_slot];

	it->v.range = to;
	it->v.fixed += (s32)deeper;
}

/* Two ways to go on: with an element (a branch, whose result the caller sets), and with null, on the current
 * path, whose iterator is drained. Numbers that changed since the last round without having mattered become
 * unknown, so that rounds end. */
int iter_next(struct verifier *v, struct kfunc_call *c)
{
	/* The nearest checkpoint is this instruction's own, made just now. */
	const struct state *here = v->cur->parent,
			   *last = here ? last_entry(v, here->parent, v->insn) : NULL;
	struct state *s;
	int err = 0;

	touch_slot(v, c->iter_frame, c->iter_slot);
	if (c->iter->v.range == ITER_DRAINED) {
		set_const(reg(v, BPF_REG_0), 0);
		return 0;
	}
	s = push_branch(v, v->insn + 1, &err);
	if (!s)
		return err;
	set_state(s, c, ITER_ACTIVE, 1);
	if (last)
		widen_since(last, s);
	state_frame(s)->reg[BPF_REG_0].flags &= (u16)~VF_OR_NULL;
	state_frame(s)->reg[BPF_REG_0].id = 0;
	set_state(v->cur, c, ITER_DRAINED, 0);
	set_const(reg(v, BPF_REG_0), 0);
	return 0;
}

bool iter_slot_covered(const struct slot *old, const struct slot *cur)
{
	return old->v.btf_id == cur->v.btf_id && old->v.btf == cur->v.btf &&
	       old->v.range == cur->v.range && old->v.flags == cur->v.flags;
}

static struct slot *iter_of(const struct verifier *v, const struct state *s)
{
	const struct value *p = &state_frame(s)->reg[BPF_REG_1];
	const struct frame *f;
	s64 off;

	(void)v;
	if (p->kind != V_STACK)
		return NULL;
	f = s->frame[p->frame];
	off = (s64)p->var.bits.value + p->fixed;
	if (off >= 0 || (u32)(-off / 8) > f->nr_slots)
		return NULL;
	return &f->stack[(-off - 1) / 8];
}

/* In front of an advancing call: is the iterator that R1 points to still yielding elements? */
bool iter_is_active(const struct verifier *v, const struct state *s, u32 insn)
{
	const struct slot *it = iter_of(v, s);

	(void)insn;
	return it && is_iter(it) && it->v.range == ITER_ACTIVE;
}

/* Has one of the iterators advanced between two states? */
bool iter_depths_differ(const struct state *old, const struct state *cur)
{
	for (u32 k = 0; k <= old->depth && k <= cur->depth; k++) {
		const struct frame *a = old->frame[k], *b = cur->frame[k];

		for (u32 n = 0; n < MIN(a->nr_slots, b->nr_slots); n++)
			if (is_iter(&a->stack[n]) && a->stack[n].v.ref && is_iter(&b->stack[n]) &&
			    a->stack[n].v.range == ITER_ACTIVE &&
			    a->stack[n].v.fixed != b->stack[n].v.fixed)
				return true;
	}
	return false;
}
