/* Dynptrs: a struct bpf_dynptr takes two slots of the stack that only helpers and kfuncs read and write.
 *
 * The slot at the lower address is the first; both hold a V_DYNPTR value with the dynptr's kind, its id (what
 * slices of its memory are known by) and the reference that it has to give back, if any. Clones share the
 * reference.
 * Sound because: bytes of these slots are SB_DYNPTR, which nothing reads as data; whatever is stored into
 * one of the slots destroys the dynptr and takes its slices with it, or is refused if that would lose a
 * reference. */
#include "verifier/env.h"

static bool is_dynptr_slot(const struct frame *f, u32 n)
{
	return n < f->nr_slots && f->stack[n].byte[0] == SB_DYNPTR;
}

static bool is_whole(const struct slot *s)
{
	for (u32 i = 0; i < 8; i++)
		if (s->byte[i] != SB_DYNPTR)
			return false;
	return true;
}

/* Slices are memory that ends with its dynptr. */
static void forget_slices(struct verifier *v, u32 dynptr)
{
	FOR_EACH_VALUE (v->cur, f, val) {
		(void)f;
		if (val->kind == V_MEM && val->range == dynptr)
			forget_value(v, val, vi_ < 11);
	}
}

/* n: the slot with the higher address. */
static void destroy(struct verifier *v, u32 frame, u32 n)
{
	struct frame *f = v->cur->frame[frame];
	u32 id = f->stack[n].v.id;

	for (u32 k = n; k <= n + 1; k++) {
		f->stack[k] = (struct slot){ 0 };
		touch_slot(v, frame, k);
		note_slot_written(v, frame, k);
	}
	if (id)
		forget_slices(v, id);
}

int dynptr_overwritten(struct verifier *v, u32 frame, u32 slot)
{
	struct frame *f = v->cur->frame[frame];

	if (!is_dynptr_slot(f, slot))
		return 0;
	if (f->stack[slot].v.first)
		slot--;
	if (f->stack[slot].v.ref)
		return reject(v, -EINVAL, "cannot overwrite referenced dynptr");
	destroy(v, frame, slot);
	return 0;
}

/* Where r points: the slot with the higher address, or what is wrong. -ERANGE: deeper than the stack was
 * used so far (or is). */
static int slot_at(struct verifier *v, u32 r)
{
	const struct value *p = reg(v, r);
	s64 off = (s64)p->var.bits.value + p->fixed;

	if (!scalar_is_const(&p->var))
		return reject(v, -EINVAL, "dynptr has to be at a constant offset");
	if (off % 8 || off > -16)
		return reject(v, -EINVAL, "cannot pass in dynptr at an offset=%lld",
			      (long long)off);
	if ((u32)(-off / 8) > v->cur->frame[p->frame]->nr_slots)
		return -ERANGE;
	return (int)(-off / 8) - 2;
}

static const struct value *initialised(struct verifier *v, u32 r)
{
	const struct value *p = reg(v, r);
	const struct frame *f;
	int n;

	if (p->kind == V_DYNPTR)
		return p;
	n = slot_at(v, r);
	if (n < 0)
		return NULL;
	f = v->cur->frame[p->frame];
	for (u32 k = (u32)n; k <= (u32)n + 1; k++) {
		note_slot_read(v, p->frame, k);
		touch_slot(v, p->frame, k);
	}
	if (!is_whole(&f->stack[n]) || !is_whole(&f->stack[n + 1]) || !f->stack[n + 1].v.first)
		return NULL;
	return &f->stack[n + 1].v;
}

/* Nothing is read: what an unused stack slot holds cannot matter. */
static int check_uninit(struct verifier *v, u32 r)
{
	const struct value *p = reg(v, r);
	int n = p->kind == V_STACK ? slot_at(v, r) : -EINVAL;

	if (n < 0 && n != -ERANGE)
		return reject(v, -EINVAL, "Dynptr has to be an uninitialized dynptr");
	return check_mem(v, r, 0, 8, ACCESS_WRITE, -1, false, NULL)
		       ?: check_mem(v, r, 8, 8, ACCESS_WRITE, -1, false, NULL);
}

int check_dynptr_arg(struct verifier *v, u32 r, u16 flags, u32 kind, const struct value **ret)
{
	const struct value *d;

	if (flags & SKEP_ARG_MUTABLE && reg(v, r)->kind == V_DYNPTR)
		return reject(v, -EINVAL,
			      "cannot pass pointer to const bpf_dynptr, the helper mutates it");
	d = initialised(v, r);
	if (!d)
		return reject(v, -EINVAL, "Expected an initialized dynptr as arg #%u", r - 1);
	if (kind && kind != d->dynptr)
		return reject(v, -EINVAL, "Expected a dynptr of type %s as arg #%u",
			      text_dynptr(kind), r - 1);
	*ret = d;
	return 0;
}

int check_dynptr_uninit(struct verifier *v, u32 r)
{
	return check_uninit(v, r);
}

/* A helper made a dynptr where r points (check_dynptr_uninit() has agreed). ref: of the dynptr that this is
 * a clone of. */
int make_dynptr(struct verifier *v, const struct value *p, u32 kind, bool acquire, u32 ref)
{
	struct frame *f = v->cur->frame[p->frame];
	u32 n = (u32)(-((s64)p->var.bits.value + p->fixed) / 8) - 2;
	struct value d = { .kind = V_DYNPTR, .dynptr = kind, .ref = ref };

	TRY(dynptr_overwritten(v, p->frame, n));
	TRY(dynptr_overwritten(v, p->frame, n + 1));
	d.id = new_id(v);
	d.var = scalar_const(0);
	if (acquire)
		TRY(ref_acquire(v, v->cur, &d.ref));
	for (u32 k = n; k <= n + 1; k++) {
		d.first = k != n;
		f->stack[k].v = d;
		for (u32 i = 0; i < 8; i++)
			f->stack[k].byte[i] = SB_DYNPTR;
		touch_slot(v, p->frame, k);
		note_slot_written(v, p->frame, k);
	}
	return 0;
}

int check_dynptr_release(struct verifier *v, u32 r)
{
	const struct value *p = reg(v, r);
	int n;

	if (p->kind != V_STACK)
		return reject(v, -EINVAL, "cannot release unowned const bpf_dynptr");
	n = slot_at(v, r);
	if (n < 0 || !is_dynptr_slot(v->cur->frame[p->frame], (u32)n) ||
	    !v->cur->frame[p->frame]->stack[n].v.ref)
		return reject(v, -EINVAL, "arg %u is an unacquired reference", r);
	return 0;
}

/* The dynptr that r points to ends, and so do its clones. */
int release_dynptr(struct verifier *v, u32 r)
{
	const struct value *d = initialised(v, r);
	u32 ref = d ? d->ref : 0;

	TRY(ref_release(v, ref));
	for (u32 no = 0; no <= v->cur->depth; no++) {
		struct frame *f = v->cur->frame[no];

		for (u32 n = 0; n + 1 < f->nr_slots; n++)
			if (is_dynptr_slot(f, n) && f->stack[n].v.ref == ref &&
			    !f->stack[n].v.first)
				destroy(v, no, n);
	}
	return 0;
}
