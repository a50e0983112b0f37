/* BTF, second pass: what types refer to. Afterwards following references ends, and sizes exist where
 * they are needed.
 *
 * Two graphs must be free of cycles. By size: modifiers, arrays, structs and variables need the sizes
 * of what they are made of; pointers end a path. By pointer: chains of pointers and modifiers alone.
 * A path of more than MAX_DEPTH types that were not reached from smaller ids before is refused, as
 * Linux does; that bounds our recursion, too. */
#include "btf/check.h"

#include <stdlib.h>
#include <string.h>

#include "base/err.h"

#define MAX_DEPTH 32
#define UNSIZED	  (-1)

enum { NEW, OPEN, DONE };

struct resolver {
	struct btf *b;
	struct buf *log;
	u32 start;  /* the type whose parts are being looked at: loops are said to be its */
	u8 *state;  /* by size */
	u8 *walked; /* by pointer */
	u32 *base;  /* the type without modifiers, once DONE */
	s64 *size;  /* in bytes or UNSIZED, once DONE */
};

#define REFUSE(r, id, ...) btf_refuse_type((r)->b, (r)->log, id, -EINVAL, __VA_ARGS__)

static u32 kind_of(const struct resolver *r, u32 id)
{
	return BTF_INFO_KIND(r->b->types[id]->info);
}

/* Types that others may not be made of, or that do not exist. */
static bool not_a_component(const struct resolver *r, u32 id)
{
	u32 kind;

	if (id >= r->b->nr_types)
		return true;
	kind = kind_of(r, id);
	return kind == BTF_KIND_VAR || kind == BTF_KIND_DATASEC || kind == BTF_KIND_DECL_TAG;
}

/* An integer of a width that C has. Its size in memory may be larger: that is Linux's rule, too. */
static bool is_regular_int(const struct btf *b, u32 id)
{
	const struct btf_type *t = b->types[id];
	u32 bits;

	if (BTF_INFO_KIND(t->info) != BTF_KIND_INT)
		return false;
	bits = BTF_INT_BITS(btf_int_info(t));
	return !BTF_INT_OFFSET(btf_int_info(t)) && bits >= 8 && IS_POWER_OF_2(bits);
}

/* --- members of structs: is each inside, and aligned as its kind wants? --- */

struct place {		   /* where a member lies */
	u32 id;		   /* its type without modifiers */
	u32 bit_off, bits; /* bits: of a bit field, else 0 */
	u32 struct_size;
	bool kflag;
};

static const char *int_misfit(const struct btf *b, const struct place *m)
{
	u32 info = btf_int_info(b->types[m->id]), bits = BTF_INT_BITS(info);
	u64 off = m->bit_off;

	if (m->kflag && !is_regular_int(b, m->id))
		return "Invalid member base type";
	if (m->kflag && !m->bits && off % 8)
		return "Invalid member offset";
	if (m->bits > bits)
		return "Invalid member bitfield_size";
	if (m->bits)
		bits = m->bits;
	if (!m->kflag)
		off += BTF_INT_OFFSET(info);
	bits += off % 8;
	if (bits > 128)
		return "nr_copy_bits exceeds 128";
	return off / 8 + (bits + 7) / 8 > m->struct_size ? "Member exceeds struct_size" : NULL;
}

static const char *enum_misfit(const struct btf *b, const struct place *m)
{
	u64 bits = m->bits;

	if (!bits && m->bit_off % 8)
		return "Member is not byte aligned";
	if (bits > 32)
		return "Invalid member bitfield_size";
	if (!bits) /* Linux looks at the int behind it, whatever the size, where kind_flag is set */
		bits = m->kflag ? 32 : b->types[m->id]->size * 8;
	return (m->bit_off + bits + 7) / 8 > m->struct_size ? "Member exceeds struct_size" : NULL;
}

static const char *plain_misfit(const struct resolver *r, const struct place *m)
{
	s64 size = r->size[m->id];

	if (m->bits)
		return "Invalid member bitfield_size";
	if (kind_of(r, m->id) == BTF_KIND_FLOAT && m->bit_off % (MIN(size, 8) * 8))
		return "Member is not properly aligned";
	if (m->bit_off % 8)
		return "Member is not byte aligned";
	return m->bit_off / 8 + size > m->struct_size ? "Member exceeds struct_size" : NULL;
}

static const char *misfit(const struct resolver *r, const struct place *m)
{
	switch (kind_of(r, m->id)) {
	case BTF_KIND_INT: return int_misfit(r->b, m);
	case BTF_KIND_ENUM:
	case BTF_KIND_ENUM64: return enum_misfit(r->b, m);
	}
	return plain_misfit(r, m);
}

/* --- by size --- */

static int visit(struct resolver *r, u32 id, u32 depth);

static int visit_component(struct resolver *r, u32 id, u32 target, u32 depth, const char *what)
{
	if (not_a_component(r, target))
		return REFUSE(r, id, "Invalid %s", what);
	return visit(r, target, depth + 1);
}

static int visit_modifier(struct resolver *r, u32 id, u32 depth)
{
	u32 target = r->b->types[id]->type;

	TRY(visit_component(r, id, target, depth, "type_id"));
	r->base[id] = r->base[target];
	r->size[id] = r->size[target];
	if (kind_of(r, r->base[id]) == BTF_KIND_FUNC)
		return REFUSE(r, id, "Invalid type_id");
	return 0;
}

static int visit_array(struct resolver *r, u32 id, u32 depth)
{
	const struct btf_array *a = btf_array_of(r->b->types[id]);

	TRY(visit_component(r, id, a->index_type, depth, "index"));
	if (!is_regular_int(r->b, r->base[a->index_type]))
		return REFUSE(r, id, "Invalid index");
	TRY(visit_component(r, id, a->type, depth, "elem"));
	if (r->size[a->type] == UNSIZED)
		return REFUSE(r, id, "Invalid elem");
	if (kind_of(r, r->base[a->type]) == BTF_KIND_INT && !is_regular_int(r->b, r->base[a->type]))
		return REFUSE(r, id, "Invalid array of int");
	if (a->nelems && r->size[a->type] > UINT32_MAX / a->nelems)
		return REFUSE(r, id, "Array size overflows U32_MAX");
	r->size[id] = r->size[a->type] * a->nelems;
	return 0;
}

static int visit_struct(struct resolver *r, u32 id, u32 depth)
{
	const struct btf_type *t = r->b->types[id];

	for (u32 i = 0; i < BTF_INFO_VLEN(t->info); i++) {
		u32 target = btf_members_of(t)[i].type;
		struct place m = { .bit_off = btf_member_bit_off(t, i),
				   .bits = btf_member_bits(t, i),
				   .struct_size = t->size,
				   .kflag = BTF_INFO_KFLAG(t->info) };
		const char *why;

		if (not_a_component(r, target))
			return btf_refuse_resolved_part(r->b, r->log, id, i, "Invalid member");
		TRY(visit(r, target, depth + 1));
		m.id = r->base[target];
		if (r->size[m.id] == UNSIZED)
			return btf_refuse_resolved_part(r->b, r->log, id, i, "Invalid member");
		why = misfit(r, &m);
		if (why)
			return btf_refuse_misfit(r->b, r->log, id, i, m.id, why);
	}
	r->size[id] = t->size;
	return 0;
}

static int visit_var(struct resolver *r, u32 id, u32 depth)
{
	u32 target = r->b->types[id]->type;

	TRY(visit_component(r, id, target, depth, "type_id"));
	if (r->size[target] == UNSIZED)
		return REFUSE(r, id, "Invalid type_id");
	r->size[id] = r->size[target];
	return 0;
}

static int visit_datasec(struct resolver *r, u32 id, u32 depth)
{
	const struct btf_type *t = r->b->types[id];

	for (u32 i = 0; i < BTF_INFO_VLEN(t->info); i++) {
		const struct btf_var_secinfo *v = &btf_secinfos_of(t)[i];

		if (v->type >= r->b->nr_types || kind_of(r, v->type) != BTF_KIND_VAR)
			return btf_refuse_resolved_part(r->b, r->log, id, i,
							"Not a VAR kind member");
		TRY(visit(r, v->type, depth + 1));
		if (v->size < r->size[v->type])
			return btf_refuse_resolved_part(r->b, r->log, id, i, "Invalid size");
	}
	r->size[id] = t->size;
	return 0;
}

/* Types that are made of nothing else: only their size counts. */
static bool visit_leaf(struct resolver *r, u32 id)
{
	r->base[id] = id;
	r->size[id] = UNSIZED;
	switch (kind_of(r, id)) {
	case BTF_KIND_INT:
	case BTF_KIND_ENUM:
	case BTF_KIND_ENUM64:
	case BTF_KIND_FLOAT: r->size[id] = r->b->types[id]->size; return true;
	case BTF_KIND_PTR: r->size[id] = sizeof(u64); return true;
	case BTF_KIND_UNKN: /* void */
	case BTF_KIND_FWD:
	case BTF_KIND_FUNC:
	case BTF_KIND_FUNC_PROTO:
	case BTF_KIND_DECL_TAG: return true;
	}
	return false;
}

static int visit_parts(struct resolver *r, u32 id, u32 depth)
{
	switch (kind_of(r, id)) {
	case BTF_KIND_ARRAY: return visit_array(r, id, depth);
	case BTF_KIND_STRUCT:
	case BTF_KIND_UNION: return visit_struct(r, id, depth);
	case BTF_KIND_VAR: return visit_var(r, id, depth);
	case BTF_KIND_DATASEC: return visit_datasec(r, id, depth);
	}
	return visit_modifier(r, id, depth);
}

static int visit(struct resolver *r, u32 id, u32 depth)
{
	if (r->state[id] == DONE)
		return 0;
	if (r->state[id] == OPEN)
		return btf_refuse_type(r->b, r->log, r->start, -EEXIST, "Loop detected");
	if (!visit_leaf(r, id)) {
		if (depth >= MAX_DEPTH)
			return btf_refuse_type(r->b, r->log, r->start, -E2BIG,
					       "Exceeded max resolving depth:%d", MAX_DEPTH);
		r->state[id] = OPEN;
		TRY(visit_parts(r, id, depth));
	}
	r->state[id] = DONE;
	return 0;
}

/* --- by pointer: every type has at most one successor here, so a walk is enough --- */

static bool is_link(const struct resolver *r, u32 id)
{
	return kind_of(r, id) == BTF_KIND_PTR || btf_is_modifier(r->b->types[id]);
}

static int walk_pointers(struct resolver *r, u32 start)
{
	u32 id, depth = 0;

	for (id = start; is_link(r, id) && r->walked[id] == NEW; id = r->b->types[id]->type) {
		if (depth++ >= MAX_DEPTH)
			return btf_refuse_type(r->b, r->log, start, -E2BIG,
					       "Exceeded max resolving depth:%d", MAX_DEPTH);
		r->walked[id] = OPEN;
		if (not_a_component(r, r->b->types[id]->type))
			return REFUSE(r, id, "Invalid type_id");
	}
	if (r->walked[id] == OPEN)
		return btf_refuse_type(r->b, r->log, start, -EEXIST, "Loop detected");
	for (id = start; r->walked[id] == OPEN; id = r->b->types[id]->type)
		r->walked[id] = DONE;
	return 0;
}

static int check_ptr(struct resolver *r, u32 id)
{
	TRY(visit(r, r->b->types[id]->type, 0));
	if (kind_of(r, r->base[r->b->types[id]->type]) == BTF_KIND_FUNC)
		return REFUSE(r, id, "Invalid type_id");
	return 0;
}

/* --- functions and tags --- */

static int check_proto(struct resolver *r, u32 id)
{
	const struct btf_type *t = r->b->types[id];
	const struct btf_param *p = btf_proto_params_of(t);
	u32 n = BTF_INFO_VLEN(t->info);

	if (t->type < r->b->nr_types)
		TRY(visit(r, t->type, 0));
	if (t->type && (not_a_component(r, t->type) || r->size[t->type] == UNSIZED) &&
	    (t->type >= r->b->nr_types || kind_of(r, r->base[t->type]) != BTF_KIND_UNKN))
		return REFUSE(r, id, "Invalid return type");
	if (n && !p[n - 1].type) { /* variadic */
		if (p[n - 1].name_off)
			return REFUSE(r, id, "Invalid arg#%u", n);
		n--;
	}
	for (u32 i = 0; i < n; i++) {
		if (p[i].type < r->b->nr_types)
			TRY(visit(r, p[i].type, 0));
		if (not_a_component(r, p[i].type) || r->size[p[i].type] == UNSIZED ||
		    p[i].name_off >= r->b->strings_len)
			return REFUSE(r, id, "Invalid arg#%u", i + 1);
		if (p[i].name_off && !btf_is_identifier(btf_string(r->b, p[i].name_off)))
			return REFUSE(r, id, "Invalid arg#%u", i + 1);
	}
	return 0;
}

static int check_func(struct resolver *r, u32 id)
{
	const struct btf_type *t = r->b->types[id], *proto = btf_type(r->b, t->type);

	if (!proto || BTF_INFO_KIND(proto->info) != BTF_KIND_FUNC_PROTO)
		return REFUSE(r, id, "Invalid type_id");
	for (u32 i = 0; i < BTF_INFO_VLEN(proto->info); i++)
		if (btf_proto_params_of(proto)[i].type && !btf_proto_params_of(proto)[i].name_off)
			return REFUSE(r, id, "Invalid arg#%u", i + 1);
	return 0;
}

static int check_decl_tag(struct resolver *r, u32 id)
{
	const struct btf_type *t = r->b->types[id], *target = btf_type(r->b, t->type);
	s32 component = ((const struct btf_decl_tag *)(t + 1))->component_idx;
	u32 kind = target ? BTF_INFO_KIND(target->info) : BTF_KIND_UNKN;
	bool has_components = kind == BTF_KIND_STRUCT || kind == BTF_KIND_UNION;

	if (!has_components && kind != BTF_KIND_FUNC && kind != BTF_KIND_VAR &&
	    kind != BTF_KIND_TYPEDEF)
		return REFUSE(r, id, "Invalid type_id");
	if (kind == BTF_KIND_FUNC)
		TRY(check_func(r, t->type));
	if (component == -1)
		return 0;
	if (kind == BTF_KIND_FUNC) {
		target = btf_type(r->b, target->type);
		has_components = target && BTF_INFO_KIND(target->info) == BTF_KIND_FUNC_PROTO;
	}
	if (!has_components || (u32)component >= BTF_INFO_VLEN(target->info))
		return REFUSE(r, id, "Invalid component_idx");
	return 0;
}

/* In Linux's order, so that of several faults the same one is found (mostly). */
static int check_one(struct resolver *r, u32 id)
{
	r->start = id;
	TRY(walk_pointers(r, id));
	TRY(visit(r, id, 0));
	switch (kind_of(r, id)) {
	case BTF_KIND_PTR: return check_ptr(r, id);
	case BTF_KIND_FUNC_PROTO: return check_proto(r, id);
	case BTF_KIND_FUNC: return check_func(r, id);
	case BTF_KIND_DECL_TAG: return check_decl_tag(r, id);
	}
	return 0;
}

static int resolve_all(struct resolver *r)
{
	TRY(visit(r, 0, 0));
	for (u32 id = 1; id < r->b->nr_types; id++)
		TRY(check_one(r, id));
	return 0;
}

/* In a chain of modifiers the tags come first. */
static int check_tag_order(const struct btf *b, struct buf *log)
{
	for (u32 id = 1; id < b->nr_types; id++) {
		bool tags = true;

		for (const struct btf_type *t = b->types[id]; btf_is_modifier(t);
		     t = b->types[t->type]) {
			bool tag = BTF_INFO_KIND(t->info) == BTF_KIND_TYPE_TAG;

			if (tag && !tags)
				return btf_refuse(b, log, -EINVAL,
						  "Type tags don't precede modifiers");
			tags = tag;
		}
	}
	return 0;
}

int btf_check_references(struct btf *b, struct buf *log)
{
	struct resolver r = { .b = b, .log = log };
	int err = -ENOMEM;

	r.state = calloc(b->nr_types, sizeof(*r.state));
	r.base = malloc(b->nr_types * sizeof(*r.base));
	r.size = malloc(b->nr_types * sizeof(*r.size));
	r.walked = calloc(b->nr_types, sizeof(*r.walked));
	if (r.state && r.base && r.size && r.walked)
		err = resolve_all(&r);
	free(r.state);
	free(r.walked);
	free(r.base);
	free(r.size);
	return err ?: check_tag_order(b, log);
}
