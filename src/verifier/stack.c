/* The stack: what each byte holds, spilled registers included.
 *
 * Slot n is the 8 bytes from fp - 8*n - 8; byte i of a slot is at fp - 8*n - 8 + i. A spill of fewer
 * than 8 bytes occupies the low addresses of its slot and leaves the rest as it was.
 * Sound because: a register comes back from the stack only if exactly its bytes are read and none was
 * overwritten since; everything else reads as an unknown number (or zero, if all bytes are zero).
 * Privileged programs may read bytes that were never written: the frame's memory is theirs. */
#include "verifier/fastcall.h"

static u32 slot_of(s32 off)
{
	return (u32)(-off - 1) / 8;
}

static u32 byte_of(s32 off)
{
	return (u32)(off & 7);
}

static struct frame *frame_of(struct verifier *v, const struct value *p)
{
	return v->cur->frame[p->frame];
}

static int outside(struct verifier *v, int err, const struct value *p, u32 r, s64 off, u64 size,
		   enum access how)
{
	const char *what = how == ACCESS_READ ? "read from" : "write to";

	if (scalar_is_const(&p->var))
		return reject(v, err, "invalid %s stack R%u off=%lld size=%llu", what, r,
			      (long long)p->var.bits.value + off, (unsigned long long)size);
	return reject(v, err, "invalid variable-offset %s stack R%u var_off=%s off=%lld size=%llu",
		      what, r, tnum_text(v, p->var.bits), (long long)off, (unsigned long long)size);
}

/* Is [off, off + size) of pointer p's possible targets all inside the frame? Yields the extremes of the
 * first byte's offset. */
static int check_bounds(struct verifier *v, const struct value *p, u32 r, s32 off, u64 size,
			enum access how, s32 *lo, s32 *hi)
{
	s64 min, max;

	if (scalar_is_const(&p->var)) {
		min = max = (s64)p->var.bits.value + off;
	} else {
		if (p->var.smax >= MAX_OFF || p->var.smin <= -MAX_OFF)
			return reject(v, -EACCES, "invalid unbounded variable-offset %s stack R%u",
				      how == ACCESS_READ ? "read from" : "write to", r);
		min = p->var.smin + off;
		max = p->var.smax + off;
	}
	if (min < -SKEP_STACK_SIZE || min > -1)
		return outside(v, -EACCES, p, r, off, size, how);
	if (max + (s64)size > 0 || min > max || max >= 0)
		return outside(v, -EINVAL, p, r, off, size, how);
	*lo = (s32)min;
	*hi = (s32)max;
	note_stack_use(v, p->frame, *lo);
	return 0;
}

/* The deepest byte used so far decides the frame's size. */
static int use_stack(struct verifier *v, const struct value *p, s32 off)
{
	struct frame *f = frame_of(v, p);
	struct sub_info *sub = &v->subs[f->subprog];

	sub->stack_depth = MAX(sub->stack_depth, ALIGN_UP((u32)-off, 8u));
	return frame_reserve_slots(&v->pool, f, slot_of(off) + 1);
}

/* --- writing --- */

/* The bytes of a slot whose spilled register is no longer whole become plain data, known zeros beside it, too. */
static void break_spill(struct slot *s)
{
	if (!slot_is_spill(s))
		return;
	for (u32 i = 0; i < 8; i++)
		if (s->byte[i] != SB_INVALID)
			s->byte[i] = SB_MISC;
	s->v = (struct value){ 0 };
}

static void save_register(struct slot *s, const struct value *val, u32 size)
{
	s->v = *val;
	for (u32 i = 0; i < size; i++)
		s->byte[i] = SB_SPILL;
	for (u32 i = size; i < 8; i++) /* what is left of an older spill */
		if (s->byte[i] == SB_SPILL)
			s->byte[i] = SB_MISC;
	/* Narrow spills keep the whole value; reading takes what fits. */
	if (size < 8 && val->var.umax >> (size * 8)) {
		s->v.id = 0;
		s->v.fixed = 0;
	}
}

static void write_bytes(struct slot *s, s32 off, u32 size, enum slot_byte with)
{
	break_spill(s);
	for (u32 i = 0; i < size; i++)
		s->byte[byte_of(off) + i] = (u8)with;
}

static int write_fixed(struct verifier *v, struct value *p, s32 off, u32 size, int src,
		       const s32 *imm)
{
	struct frame *f = frame_of(v, p);
	struct value *val = src >= 0 ? reg(v, (u32)src) : NULL, tmp;
	struct slot *s;

	TRY(use_stack(v, p, off));
	TRY(dynptr_overwritten(v, p->frame, slot_of(off)));
	s = &f->stack[slot_of(off)];
	touch_slot(v, p->frame, slot_of(off));
	if (size == 8 && byte_of(off) == 0)
		note_slot_written(v, p->frame, slot_of(off));
	if (!v->allow_ptr_leaks && size != 8 && slot_is_spill(s) && value_is_pointer(&s->v))
		return reject(v, -EACCES, "attempt to corrupt spilled pointer on stack");
	if (val &&
	    val->kind ==
		    V_DYNPTR) { /* it must not outlive its callback: what is read back is a number */
		write_bytes(s, off, size, SB_MISC);
		return 0;
	}
	if (val && value_is_pointer(val)) {
		if (size != 8) {
			say_line_info(v, v->insn, "; ");
			return reject(v, -EACCES, "invalid size of register spill");
		}
		if (f != cur_frame(v) && val->kind == V_STACK)
			return reject(
				v, -EINVAL,
				"cannot spill pointers to stack into stack frame of the caller");
		if (byte_of(off) == 0) {
			save_register(s, val, 8);
			return 0;
		}
		return reject(v, -EACCES, "misaligned stack access off %d size %u", off, size);
	}
	if (byte_of(off) == 0 && (val || imm)) {
		note_stack_access(v, p->frame, slot_of(off));
		if (val) {
			if (size == 8)
				link_scalar(v, val);
			else if (val->var.umax >> (size * 8) == 0)
				link_scalar(v, val);
			save_register(s, val, size);
		} else {
			set_const(&tmp, (u64)(s64)*imm);
			save_register(s, &tmp, size);
		}
		return 0;
	}
	if ((val && value_is_zero(val)) || (imm && *imm == 0)) {
		if (val)
			TRY(mark_precise(v, (u32)src));
		write_bytes(s, off, size, SB_ZERO);
		return 0;
	}
	write_bytes(s, off, size, SB_MISC);
	return 0;
}

/* A store somewhere in [lo, hi + size): every byte may have changed or not. */
static int write_variable(struct verifier *v, struct value *p, u32 r, s32 lo, s32 hi, u32 size,
			  int src, const s32 *imm)
{
	struct frame *f = frame_of(v, p);
	bool zero = (src >= 0 && value_is_zero(reg(v, (u32)src))) || (imm && !*imm);
	bool zeros_used = false;

	TRY(use_stack(v, p, lo));
	for (s32 off = lo; off < hi + (s32)size; off++)
		TRY(dynptr_overwritten(v, p->frame, slot_of(off)));
	for (s32 off = lo; off < hi + (s32)size; off++) {
		struct slot *s = &f->stack[slot_of(off)];
		u8 *b = &s->byte[byte_of(off)];

		if (!v->allow_ptr_leaks) /* what is there decides whether this may be done */
			note_slot_read(v, p->frame, slot_of(off));
		if (slot_is_spill(s) && value_is_pointer(&s->v) && !v->allow_ptr_leaks)
			return reject(v, -EINVAL,
				      "spilled ptr in range of var-offset stack write; insn %u, "
				      "ptr off: %d",
				      v->insn, off);
		touch_slot(v, p->frame, slot_of(off));
		if (slot_is_spill(s) && zero && value_is_zero(&s->v) && *b == SB_SPILL) {
			zeros_used = true; /* zero stays zero, wherever it hits */
			continue;
		}
		break_spill(s);
		if (*b == SB_INVALID && !v->allow_unwritten)
			return reject(v, -EINVAL,
				      "uninit stack in range of var-offset write prohibited for "
				      "!root; insn %u, off: %d",
				      v->insn, off);
		if (*b == SB_ZERO && zero) {
			zeros_used = true;
			continue;
		}
		*b = SB_MISC;
	}
	if (zeros_used && src >= 0)
		TRY(mark_precise(v, (u32)src));
	return mark_precise(v, r);
}

int stack_write(struct verifier *v, struct value *p, u32 r, s32 off, u32 size, int src,
		const s32 *imm)
{
	s32 lo, hi;

	TRY(check_bounds(v, p, r, off, size, ACCESS_WRITE, &lo, &hi));
	if (lo == hi && scalar_is_const(&p->var))
		return write_fixed(v, p, lo, size, src, imm);
	return write_variable(v, p, r, lo, hi, size, src, imm);
}

/* --- reading --- */

static u32 spill_size(const struct slot *s)
{
	u32 n = 0;

	while (n < 8 && s->byte[n] == SB_SPILL)
		n++;
	return n;
}

/* What the bytes [from, from + size) of a slot read as, when no register comes back whole. */
static void read_bytes(struct value *dst, const struct slot *s, u32 from, u32 size)
{
	bool zero = true;

	for (u32 i = from; i < from + size; i++)
		zero &= s->byte[i] == SB_ZERO || (s->byte[i] == SB_SPILL && value_is_zero(&s->v));
	if (zero)
		set_const(dst, 0);
	else
		set_scalar(dst, size == 8 ? scalar_unknown() : scalar_zext(scalar_unknown(), size));
}

/* Bytes that only helpers and kfuncs read and write. */
static bool is_opaque(u8 byte)
{
	return byte == SB_DYNPTR || byte == SB_ITER || byte == SB_IRQ;
}

static int check_initialised(struct verifier *v, const struct slot *s, u32 from, u32 size, s32 off)
{
	for (u32 i = from; i < from + size; i++)
		if ((s->byte[i] == SB_INVALID && !v->allow_unwritten) || is_opaque(s->byte[i]))
			return reject(v, -EACCES, "invalid read from stack off %d+%u size %u", off,
				      i - from, size);
	return 0;
}

static int read_spill(struct verifier *v, struct slot *s, s32 off, u32 size, int dst)
{
	u32 have = spill_size(s), from = byte_of(off);
	struct value *d;

	if (s->v.kind != V_SCALAR) {
		if (size != 8 || have != 8) {
			say_line_info(v, v->insn, "; ");
			return reject(v, -EACCES, "invalid size of register fill");
		}
		if (dst < 0)
			return 0;
		*reg(v, (u32)dst) = s->v;
		return 0;
	}
	if (dst < 0)
		return 0;
	d = reg(v, (u32)dst);
	if (from == 0 && size <= have) {
		struct value val = s->v;
		struct scalar low = size == 8 ? val.var : scalar_zext(val.var, size);

		if (size == 8)
			link_scalar(v, &s->v);
		*d = s->v;
		if (!scalar_equal(&low, &val.var)) {
			d->id = 0;
			d->fixed = 0;
			d->var = low;
		}
		return 0;
	}
	for (u32 i = from; i < from + size; i++)
		if (s->byte[i] != SB_SPILL && s->byte[i] != SB_ZERO) {
			TRY(check_initialised(v, s, from, size, off));
			break;
		}
	read_bytes(d, s, from, size);
	return 0;
}

static int read_fixed(struct verifier *v, struct value *p, s32 off, u32 size, int dst)
{
	struct frame *f = frame_of(v, p);
	struct slot *s;

	TRY(use_stack(v, p, off));
	s = &f->stack[slot_of(off)];
	touch_slot(v, p->frame, slot_of(off));
	note_slot_read(v, p->frame, slot_of(off));
	if (slot_is_spill(s)) {
		note_stack_access(v, p->frame, slot_of(off));
		return read_spill(v, s, off, size, dst);
	}
	TRY(check_initialised(v, s, byte_of(off), size, off));
	if (dst >= 0)
		read_bytes(reg(v, (u32)dst), s, byte_of(off), size);
	return 0;
}

static int read_variable(struct verifier *v, struct value *p, s32 lo, s32 hi, u32 size, int dst)
{
	struct frame *f = frame_of(v, p);
	bool zero = true;

	TRY(use_stack(v, p, lo));
	for (s32 off = lo; off < hi + (s32)size; off++) {
		const struct slot *s = &f->stack[slot_of(off)];

		note_slot_read(v, p->frame, slot_of(off));
		TRY(check_initialised(v, s, byte_of(off), 1, off));
		if (slot_is_spill(s) && leaks_pointer(v, &s->v))
			return reject(v, -EACCES, "invalid read from stack off %d+0 size %u", off,
				      size);
		zero &= s->byte[byte_of(off)] == SB_ZERO;
	}
	if (dst < 0)
		return 0;
	if (zero)
		set_const(reg(v, (u32)dst), 0);
	else
		set_scalar(reg(v, (u32)dst),
			   size == 8 ? scalar_unknown() : scalar_zext(scalar_unknown(), size));
	return 0;
}

int stack_read(struct verifier *v, struct value *p, u32 r, s32 off, u32 size, int dst)
{
	s32 lo, hi;

	TRY(check_bounds(v, p, r, off, size, ACCESS_READ, &lo, &hi));
	if (lo == hi && scalar_is_const(&p->var))
		return read_fixed(v, p, lo, size, dst);
	if (leaks_pointer(v, p))
		return reject(v, -EACCES, "R%u variable stack access prohibited for !root", r);
	if (dst < 0) /* of an atomic operation; what it may read is told by no single slot */
		return reject(
			v, -EACCES,
			"variable offset stack pointer cannot be passed into helper function; "
			"var_off=%s off=%d size=%u",
			tnum_text(v, p->var.bits), off - p->fixed, size);
	TRY(mark_precise(v, r));
	return read_variable(v, p, lo, hi, size, dst);
}

/* --- memory handed to helpers --- */

static int read_by_helper(struct verifier *v, u32 r, struct slot *s, s32 off, s32 lo, u64 size)
{
	u8 *b = &s->byte[byte_of(off)];

	if (*b == SB_SPILL) {
		if (value_is_pointer(&s->v) && !v->allow_ptr_leaks)
			return reject(v, -EACCES, "invalid read from stack R%u off %d+%d size %llu",
				      r, lo, off - lo, (unsigned long long)size);
		return 0;
	}
	if ((*b == SB_INVALID && !v->allow_unwritten) || is_opaque(*b))
		return reject(v, -EACCES, "invalid read from stack R%u off %d+%d size %llu", r, lo,
			      off - lo, (unsigned long long)size);
	return 0;
}

/* A helper reads or fills `size` bytes at register r. Filling makes them unknown. */
int check_stack_range(struct verifier *v, u32 r, u64 size, enum access how, bool zero_ok)
{
	struct value *p = reg(v, r);
	struct frame *f = frame_of(v, p);
	s32 lo, hi;

	if (size == 0 && !zero_ok)
		return reject(v, -EACCES, "invalid zero-sized read");
	TRY(check_bounds(v, p, r, p->fixed, size, how, &lo, &hi));
	if (!scalar_is_const(&p->var))
		TRY(mark_precise(v, r));
	if (!size)
		return 0;
	TRY(use_stack(v, p, lo));
	for (s32 off = lo; off < hi + (s32)size; off++) {
		struct slot *s = &f->stack[slot_of(off)];

		if (how == ACCESS_WRITE && s->byte[byte_of(off)] == SB_DYNPTR)
			return reject(v, -EACCES, "potential write to dynptr at off=%d disallowed",
				      off);
		if (how == ACCESS_READ) {
			note_slot_read(v, p->frame, slot_of(off));
			TRY(read_by_helper(v, r, s, off, lo, size));
			continue;
		}
		touch_slot(v, p->frame, slot_of(off));
		break_spill(s);
		s->byte[byte_of(off)] = SB_MISC;
	}
	return 0;
}
