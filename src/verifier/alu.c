/* Arithmetic: numbers with numbers, and pointers with numbers.
 *
 * Sound because: number arithmetic is scalar.c's; a pointer keeps its kind and region only under adding
 * or subtracting a bounded number, everything else is refused or makes it an unknown number. Offsets
 * stay below MAX_OFF in magnitude, so sums of a few of them never wrap. */
#include "verifier/env.h"

#include "insn/insn.h"

static const char *op_text(u8 code)
{
	static const char *const text[16] = { "+=",  "-=",  "*=", "/=", "|=", "&=",   "<<=",
					      ">>=", "neg", "%=", "^=", "=",  "s>>=", "endian" };

	return text[BPF_OP(code) >> 4];
}

static bool is_alu64(const struct bpf_insn *i)
{
	return BPF_CLASS(i->code) == BPF_ALU64;
}

/* --- moves --- */

static void unlink_scalar(struct value *d)
{
	if (d->kind == V_SCALAR) {
		d->id = 0;
		d->fixed = 0;
	}
}

static int sign_extending_move(struct verifier *v, const struct bpf_insn *i)
{
	struct value *dst = reg(v, i->dst_reg), *src = reg(v, i->src_reg);
	u32 size = (u32)i->off / 8;
	struct scalar s;

	if (src->kind != V_SCALAR) {
		if (leaks_pointer(v, src))
			return reject(v, -EACCES, "R%u sign-extension part of pointer", i->src_reg);
		set_scalar(dst, is_alu64(i) ? scalar_unknown() : scalar_zext(scalar_unknown(), 4));
		return 0;
	}
	s = is_alu64(i) ? scalar_sext(src->var, size) : scalar_sext32(src->var, size);
	if (scalar_equal(&s, &src->var)) { /* the value did not change: still linked */
		link_scalar(v, src);
		*dst = *src;
		return 0;
	}
	*dst = *src;
	unlink_scalar(dst);
	dst->var = s;
	return 0;
}

static int move32(struct verifier *v, const struct bpf_insn *i)
{
	struct value *dst = reg(v, i->dst_reg), *src = reg(v, i->src_reg);

	if (src->kind != V_SCALAR) {
		if (leaks_pointer(v, src))
			return reject(v, -EACCES, "R%u partial copy of pointer", i->src_reg);
		set_scalar(dst, scalar_zext(scalar_unknown(), 4));
		return 0;
	}
	if (src->var.umax <= UINT32_MAX) {
		link_scalar(v, src);
		*dst = *src;
		return 0;
	}
	*dst = *src;
	unlink_scalar(dst);
	dst->var = scalar_zext(src->var, 4);
	return 0;
}

static int do_mov(struct verifier *v, const struct bpf_insn *i)
{
	struct value *dst, *src;

	if (BPF_SRC(i->code) == BPF_K) {
		TRY(check_writable(v, i->dst_reg));
		set_const(reg(v, i->dst_reg), is_alu64(i) ? (u64)(s64)i->imm : (u32)i->imm);
		return 0;
	}
	if (insn_is_cast(i))
		return do_cast(v, i);
	TRY(check_readable(v, i->src_reg));
	TRY(check_writable(v, i->dst_reg));
	if (i->off)
		return sign_extending_move(v, i);
	if (!is_alu64(i))
		return move32(v, i);
	dst = reg(v, i->dst_reg);
	src = reg(v, i->src_reg);
	link_scalar(v, src);
	*dst = *src;
	return 0;
}

/* --- pointers --- */

/* Is the number added to a pointer, or the pointer's own variable part, in sane bounds? */
static int check_sane(struct verifier *v, const struct value *val, const struct value *ptr)
{
	const struct scalar *s = &val->var;

	if (scalar_is_const(s) && ((s64)s->bits.value >= MAX_OFF || (s64)s->bits.value <= -MAX_OFF))
		return reject(v, -EINVAL, "math between %s pointer and %lld is not allowed",
			      text_kind(ptr), (long long)s->bits.value);
	if (val->kind != V_SCALAR && (val->fixed >= MAX_OFF || val->fixed <= -MAX_OFF))
		return reject(v, -EINVAL, "%s pointer offset %d is not allowed", text_kind(ptr),
			      val->fixed);
	if (s->smin == INT64_MIN)
		return reject(v, -EINVAL,
			      "math between %s pointer and register with unbounded min value is "
			      "not allowed",
			      text_kind(ptr));
	if (s->smin >= MAX_OFF || s->smin <= -MAX_OFF)
		return reject(v, -EINVAL, "value %lld makes %s pointer be out of bounds",
			      (long long)s->smin, text_kind(ptr));
	return 0;
}

static int check_pointer_may_move(struct verifier *v, const struct bpf_insn *i, u32 r,
				  const struct value *ptr, const struct value *off)
{
	if (ptr->flags & VF_OR_NULL)
		return reject(v, -EACCES,
			      "R%u pointer arithmetic on %s prohibited, null-check it first", r,
			      text_kind(ptr));
	switch (ptr->kind) {
	case V_FLOW_KEYS:
		if (scalar_is_const(&off->var))
			return 0;
		__attribute__((fallthrough));
	case V_SOCK_COMMON:
	case V_SOCK:
	case V_TCP_SOCK:
	case V_XDP_SOCK:
	case V_PKT_END:
	case V_FUNC:
		return reject(v, -EACCES, "R%u pointer arithmetic on %s prohibited", r,
			      text_kind(ptr));
	case V_MAP:
		if (BPF_OP(i->code) == BPF_ADD && value_is_zero(off))
			return 0;
		return reject(v, -EACCES, "R%u pointer arithmetic on %s prohibited", r,
			      text_kind(ptr));
	default: return 0;
	}
}

/* The pointer moved by a known constant: only the fixed offset changes. */
static bool move_fixed(struct value *dst, const struct value *ptr, s64 by)
{
	s64 to = (s64)ptr->fixed + by;

	if (to != (s32)to)
		return false;
	*dst = *ptr;
	dst->fixed = (s32)to;
	return true;
}

static void move_variable(struct verifier *v, struct value *dst, const struct value *ptr,
			  const struct scalar *off, u8 op)
{
	struct scalar old = ptr->var;

	*dst = *ptr;
	dst->var = scalar_alu(BPF_ALU64 | op, 0, old, *off);
	if (!is_packet(ptr))
		return;
	/* Another variable offset: what was proven about the range does not apply. */
	dst->id = new_id(v);
	if (op == BPF_ADD || off->smin < 0) {
		dst->range = 0;
		dst->beyond = 0;
	}
}

/* dst = ptr OP off, where one of them is in dst. r: the pointer's register. */
static int move_pointer(struct verifier *v, const struct bpf_insn *i, u32 r, struct value ptr,
			struct value off)
{
	struct value *dst = reg(v, i->dst_reg);
	s64 by = (s64)off.var.bits.value;
	bool known = scalar_is_const(&off.var);
	u8 op = BPF_OP(i->code);

	if (!is_alu64(i)) {
		if (op == BPF_SUB && v->allow_ptr_leaks) {
			set_unknown(dst);
			return 0;
		}
		return reject(v, -EACCES, "R%u 32-bit pointer arithmetic prohibited", i->dst_reg);
	}
	TRY(check_pointer_may_move(v, i, r, &ptr, &off));
	TRY(check_sane(v, &off, &ptr));
	TRY(check_unpriv_move(v, i, r, &ptr, &off));
	switch (op) {
	case BPF_ADD:
		if (!(known && move_fixed(dst, &ptr, by)))
			move_variable(v, dst, &ptr, &off.var, op);
		break;
	case BPF_SUB:
		if (r != i->dst_reg)
			return reject(v, -EACCES, "R%u tried to subtract pointer from scalar",
				      i->dst_reg);
		if (ptr.kind == V_STACK)
			return reject(v, -EACCES, "R%u subtraction from stack pointer prohibited",
				      i->dst_reg);
		if (!(known && move_fixed(dst, &ptr, -by)))
			move_variable(v, dst, &ptr, &off.var, op);
		break;
	case BPF_AND:
	case BPF_OR:
	case BPF_XOR:
		return reject(v, -EACCES, "R%u bitwise operator %s on pointer prohibited",
			      i->dst_reg, op_text(i->code));
	default:
		return reject(v, -EACCES, "R%u pointer arithmetic with %s operator prohibited",
			      i->dst_reg, op_text(i->code));
	}
	TRY(check_sane(v, dst, dst));
	return check_unpriv_target(v, i->dst_reg);
}

static int combine_pointers(struct verifier *v, const struct bpf_insn *i)
{
	if (BPF_OP(i->code) == BPF_SUB && v->allow_ptr_leaks) {
		set_unknown(reg(v, i->dst_reg)); /* of 32 bits, too, as Linux has it */
		return 0;
	}
	return reject(v, -EACCES, "R%u pointer %s pointer prohibited", i->dst_reg,
		      op_text(i->code));
}

/* --- numbers --- */

/* r += constant, or -=, keeps the link to what it was copied from, at a distance. For 32-bit sums only if that has
 * no more than 32 bits: the upper ones could not be told from the sum. */
static bool stays_linked(const struct bpf_insn *i, const struct value *dst,
			 const struct scalar *src, s64 *by)
{
	u8 op = BPF_OP(i->code);

	if ((op != BPF_ADD && op != BPF_SUB) || !dst->id || (dst->id & SCALAR_ID_ADD) ||
	    !scalar_is_const(src))
		return false;
	*by = (s64)src->bits.value;
	if (op == BPF_SUB && *by == INT64_MIN)
		return false;
	if (op == BPF_SUB)
		*by = -*by;
	if (*by != (s32)*by)
		return false;
	return is_alu64(i) || dst->var.umax <= UINT32_MAX;
}

static void compute(struct verifier *v, const struct bpf_insn *i, const struct scalar *src)
{
	struct value *dst = reg(v, i->dst_reg);
	s64 by;

	if (stays_linked(i, dst, src, &by)) {
		dst->id |= SCALAR_ID_ADD | (is_alu64(i) ? 0 : SCALAR_ID_ADD32);
		dst->fixed = (s32)by;
	} else {
		unlink_scalar(dst);
	}
	dst->var = scalar_alu(i->code, i->off, dst->var, *src);
	dst->precise = false;
}

static int check_operand(struct verifier *v, const struct bpf_insn *i)
{
	if (BPF_SRC(i->code) == BPF_X)
		return check_readable(v, i->src_reg);
	return 0;
}

static int do_binary(struct verifier *v, const struct bpf_insn *i)
{
	char reason[INSN_REASON_MAX];
	struct value src, *dst;
	const char *wrong;

	TRY(check_operand(v, i));
	TRY(check_readable(v, i->dst_reg));
	TRY(check_writable(v, i->dst_reg));
	wrong = insn_check_operand(i, reason);
	if (wrong)
		return reject(v, -EINVAL, "%s", wrong);
	dst = reg(v, i->dst_reg);
	if (BPF_SRC(i->code) == BPF_X)
		src = *reg(v, i->src_reg);
	else
		set_const(&src, (u64)(s64)i->imm);

	if (arena_alu(v, i, &src))
		return 0;
	if (value_is_pointer(dst) && value_is_pointer(&src))
		return combine_pointers(v, i);
	if (value_is_pointer(&src)) { /* number OP pointer: the number decides where it points */
		TRY(mark_precise(v, i->dst_reg));
		return move_pointer(v, i, i->src_reg, src, *dst);
	}
	if (value_is_pointer(dst)) {
		if (BPF_SRC(i->code) == BPF_X)
			TRY(mark_precise(v, i->src_reg));
		return move_pointer(v, i, i->dst_reg, *dst, src);
	}
	TRY(note_unpriv_sum(v, i));
	compute(v, i, &src.var);
	return 0;
}

static int do_unary(struct verifier *v, const struct bpf_insn *i)
{
	struct value *dst;

	TRY(check_readable(v, i->dst_reg));
	if (leaks_pointer(v, reg(v, i->dst_reg)))
		return reject(v, -EACCES, "R%u pointer arithmetic prohibited", i->dst_reg);
	TRY(check_writable(v, i->dst_reg));
	dst = reg(v, i->dst_reg);
	if (value_is_pointer(dst)) { /* even of its lower bytes Linux assumes nothing */
		set_unknown(dst);
		return 0;
	}
	unlink_scalar(dst);
	dst->precise = false;
	if (BPF_OP(i->code) == BPF_END)
		dst->var = scalar_bswap(i->code, dst->var, (u32)i->imm);
	else
		dst->var = scalar_alu(i->code, i->off, dst->var, dst->var);
	return 0;
}

int do_alu(struct verifier *v, const struct bpf_insn *i)
{
	switch (BPF_OP(i->code)) {
	case BPF_MOV: return do_mov(v, i);
	case BPF_NEG:
	case BPF_END: return do_unary(v, i);
	default: return do_binary(v, i);
	}
}
