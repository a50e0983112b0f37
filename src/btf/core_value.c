/* core_value(): the number that a relocation stands for, with the program's types and with the kernel's. */
#include "btf/core_value.h"

#include <errno.h>

/* One side's answer. */
struct side {
	u64 val;
	u32 size; /* of the field itself, where loads may follow it; else 0 */
	u32 type; /* … and its type */
	bool validate;
};

static int bad_access(const struct core_relo *r, struct core_log *log, const char *why)
{
	if (log->out)
		buf_printf(log->out, "prog '': relo %u at insn #%u can't be %s\n", r->kind,
			   r->insn_off / 8, why);
	return -EINVAL;
}

/* The end is no member but an element, or the whole. */
static int element_value(const struct core_relo *r, const struct core_spec *s, struct core_log *log,
			 struct side *out)
{
	u32 type = s->step[s->nr_steps - 1].type_id;
	s64 size = btf_type_size(s->btf, type);

	out->validate = true;
	if (r->kind != CORE_FIELD_OFFSET && r->kind != CORE_FIELD_SIZE)
		return bad_access(r, log, "applied to array access");
	if (size < 0)
		return -EINVAL;
	if (r->kind == CORE_FIELD_SIZE) {
		out->val = (u64)size;
		return 0;
	}
	out->val = s->bit_off / 8;
	out->size = (u32)size;
	out->type = type;
	return 0;
}

static bool is_signed(const struct btf_type *t)
{
	if (core_is_enum(t))
		return BTF_INFO_KFLAG(t->info);
	return BTF_INFO_KIND(t->info) == BTF_KIND_INT &&
	       BTF_INT_ENCODING(btf_int_info(t)) & BTF_INT_SIGNED;
}

/* The bytes that a load of a bit field takes: aligned to their number, the fewest that hold it. */
static int bit_field_bytes(const struct core_relo *r, u32 bit_off, u32 bits, struct core_log *log,
			   u32 *off, u32 *size)
{
	for (; *size; *size *= 2) {
		*off = bit_off / 8 / *size * *size;
		if (bit_off + bits - *off * 8 <= *size * 8)
			return 0;
		if (*size >= 8)
			break;
	}
	bad_access(r, log, "satisfied for bitfield");
	return -E2BIG;
}

static int member_value(const struct core_relo *r, const struct core_spec *s, struct core_log *log,
			struct side *out)
{
	const struct core_step *step = &s->step[s->nr_steps - 1];
	const struct btf_type *t = btf_type(s->btf, step->type_id), *mt;
	u32 bits = btf_member_bits(t, step->idx), off, bytes, type;
	bool bit_field = bits;
	s64 size;

	mt = btf_strip(s->btf, btf_members_of(t)[step->idx].type, &type);
	if (!mt)
		return -EINVAL;
	size = bit_field ? mt->size : btf_type_size(s->btf, type);
	if (size < 0)
		return -EINVAL;
	bytes = (u32)size;
	off = s->bit_off / 8;
	if (bit_field)
		TRY(bit_field_bytes(r, s->bit_off, bits, log, &off, &bytes));
	else
		bits = bytes * 8;
	/* Which bytes hold a bit field is the compiler's choice; sign and width are not. */
	out->validate = !bit_field || r->kind == CORE_FIELD_SIGNED || r->kind == CORE_FIELD_RSHIFT;
	switch (r->kind) {
	case CORE_FIELD_OFFSET:
		out->val = off;
		out->size = bit_field ? 0 : bytes;
		out->type = bit_field ? 0 : type;
		return 0;
	case CORE_FIELD_SIZE: out->val = bytes; return 0;
	case CORE_FIELD_SIGNED: out->val = is_signed(mt); return 0;
	case CORE_FIELD_LSHIFT:
#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
		out->val = 64 - (s->bit_off + bits - off * 8);
#else
		out->val = (8 - bytes) * 8 + (s->bit_off - off * 8);
#endif
		return 0;
	case CORE_FIELD_RSHIFT: out->val = 64 - bits; return 0;
	default: return -EOPNOTSUPP;
	}
}

/* -EUCLEAN: does not exist, and nothing can stand for it. */
static int field_value(const struct core_relo *r, const struct core_spec *s, struct core_log *log,
		       struct side *out)
{
	if (r->kind == CORE_FIELD_EXISTS) {
		out->val = s != NULL;
		return 0;
	}
	if (!s)
		return -EUCLEAN;
	return s->step[s->nr_steps - 1].name ? member_value(r, s, log, out)
					     : element_value(r, s, log, out);
}

static int type_value(const struct core_relo *r, const struct core_spec *s, struct side *out)
{
	s64 size;

	if (!s)
		return 0;
	switch (r->kind) {
	case CORE_TYPE_ID_TARGET:
		out->val = s->root;
		out->validate = false; /* linkers renumber types */
		return 0;
	case CORE_TYPE_EXISTS:
	case CORE_TYPE_MATCHES: out->val = 1; return 0;
	case CORE_TYPE_SIZE:
		size = btf_type_size(s->btf, s->root);
		if (size < 0)
			return -EINVAL;
		out->val = (u64)size;
		return 0;
	default: return -EOPNOTSUPP;
	}
}

static int enumerator_value(const struct core_relo *r, const struct core_spec *s, struct side *out)
{
	if (r->kind == CORE_ENUMVAL_EXISTS) {
		out->val = s != NULL;
		return 0;
	}
	if (!s)
		return -EUCLEAN;
	out->val =
		core_enumerator(s->btf, btf_type(s->btf, s->step[0].type_id), s->step[0].idx).val;
	return 0;
}

static int side_value(const struct core_relo *r, const struct core_spec *s, struct core_log *log,
		      struct side *out)
{
	*out = (struct side){ .validate = true };
	switch (core_group(r->kind)) {
	case CORE_GROUP_FIELD: return field_value(r, s, log, out);
	case CORE_GROUP_TYPE: return type_value(r, s, out);
	case CORE_GROUP_ENUMVAL: return enumerator_value(r, s, out);
	default: return -EOPNOTSUPP;
	}
}

/* May a load change its width with the field? Pointers and numbers without sign lose nothing when they are extended by
 * zeros; nothing else may. */
static bool width_may_change(const struct btf_type *l, const struct btf_type *t)
{
	u32 kind = BTF_INFO_KIND(l->info);

	if (kind != BTF_INFO_KIND(t->info))
		return false;
	return kind == BTF_KIND_PTR || (kind == BTF_KIND_INT && !is_signed(l) && !is_signed(t));
}

int core_value(const struct core_relo *r, const struct core_spec *local,
	       const struct core_spec *target, struct core_log *log, struct core_value *out)
{
	struct side l = { 0 }, t = { 0 };
	int err = side_value(r, local, log, &l);

	if (!err)
		err = side_value(r, target, log, &t);
	*out = (struct core_value){ .orig = l.val,
				    .new = t.val,
				    .validate = l.validate,
				    .orig_size = l.size,
				    .new_size = t.size,
				    .poison = err == -EUCLEAN };
	if (err == -EOPNOTSUPP)
		core_say(log, "unrecognized CO-RE relocation %s (%u) at insn #%u\n",
			 core_kind_text(r->kind), r->kind, r->insn_off / 8);
	if (err)
		return err == -EUCLEAN ? 0 : err;
	out->bad_width = l.size != t.size && !width_may_change(btf_type(local->btf, l.type),
							       btf_type(target->btf, t.type));
	return 0;
}
